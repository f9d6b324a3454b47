#pragma once

#include "controller/api/json.h"
#include "controller/artifact/inspect/model_facts.h"
#include "controller/domain/records.h"

/// What was found in an image, as JSON (schema ModelFacts and FactsSummary of openapi.json) and as
/// the registry keeps it.
namespace flotilla::controller::api {

Json facts_json(const ModelFacts& facts);

/// Everything but the inventory's digest.
ImageFacts summary_of(const ModelFacts& facts);

/// Null for an image that was not inspected.
Json summary_json(const ImageFacts& facts);

}  // namespace flotilla::controller::api
