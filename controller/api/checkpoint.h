#pragma once

#include "controller/api/route.h"

namespace flotilla::controller::api {

/// The newest checkpoint when it covers the whole log, else one made, signed and kept at once.
/// Null with a refusal in `why`: no key, or the signature failed.
const SignedCheckpoint* fresh_checkpoint(const Call& call, std::optional<Refusal>& why);

/// The signed keyset in force, which names the key of a checkpoint; empty where none is kept.
std::string keyset_in_force(const Call& call);

/// What a release says of the log: the head of a fresh checkpoint; none without a director's key.
std::optional<Refusal> newest_head(const Call& call, LogHead& out);

}  // namespace flotilla::controller::api
