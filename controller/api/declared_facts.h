#pragma once

#include "controller/api/json.h"
#include "controller/artifact/inspect/model_facts.h"
#include "controller/domain/records.h"

namespace flotilla::controller::api {

/// Holds what a version document (docs/metadata.md) says of a variant against what was found in
/// its image: format, size and digest of the file, type, number, sparsity and quantisation of the
/// weights, inputs and outputs. A contradiction is refused with both values. What the document
/// leaves out, or the file does not say, is no contradiction.
std::optional<Refusal> check_declared(const Json& document, const Variant& variant,
                                      const ModelFacts& facts);

}  // namespace flotilla::controller::api
