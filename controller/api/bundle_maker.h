#pragma once

#include <string>

#include "controller/api/route.h"

namespace flotilla::controller::api {

/// What a device attested about a model until `at`, and everything that proves it, as one file; or
/// what is missing.
Response make_bundle(const Call& call, const Device& device, std::string model, WallTime at);

}  // namespace flotilla::controller::api
