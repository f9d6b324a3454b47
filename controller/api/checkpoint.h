#pragma once

#include "controller/api/route.h"

namespace flotilla::controller::api {

/// The newest checkpoint when it covers the whole log, else one made, signed and kept at once.
/// Null with a refusal in `why`: no key, or the signature failed.
const SignedCheckpoint* fresh_checkpoint(const Call& call, std::optional<Refusal>& why);

}  // namespace flotilla::controller::api
