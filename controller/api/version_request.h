#pragma once

#include "controller/api/body_reader.h"
#include "controller/api/route.h"

namespace flotilla::controller::api {

/// Reads the body of POST /models/{model}/versions, looks the artifacts up and signs one release
/// manifest for each variant. `out` is complete: number, label, manifests.
std::optional<Refusal> read_version(const Call& call, const Json& body, ModelVersion& out);

/// The member `label`, which is optional.
std::string read_label(BodyReader& reader);

/// Signs the release manifest of each variant; all else of `version` must be there.
std::optional<Refusal> sign_version(const Call& call, ModelVersion& version);

}  // namespace flotilla::controller::api
