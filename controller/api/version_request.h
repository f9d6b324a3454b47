#pragma once

#include "controller/api/json.h"
#include "controller/api/route.h"

namespace flotilla::controller::api {

/// Reads the body of POST /models/{model}/versions, looks the artifacts up and signs one release
/// manifest for each variant. `out` is complete: number, label, manifests.
std::optional<Refusal> read_version(const Call& call, const Json& body, ModelVersion& out);

}  // namespace flotilla::controller::api
