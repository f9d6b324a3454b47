#pragma once

#include <string>

#include "controller/artifact/delta/encode_delta.h"
#include "schemas/base/prng.h"

/// Property: whatever the files and the limits, the target comes back.
namespace flotilla::testing {

/// Encodes, checks what the limits promise, and decodes all chunks in random order with the
/// device's applier and the reference decoder, which must agree. Returns the payload's bytes.
uint64_t round_trip(Prng& random, const controller::EncodeInput& input,
                    const controller::PayloadLimits& limits);
/// The same of files whose formats their content tells.
uint64_t round_trip(Prng& random, const std::string& base, const std::string& target,
                    const controller::PayloadLimits& limits);

/// Chunks of 4608 .. 32768 bytes, units of 1 .. 4096, both profiles.
controller::PayloadLimits random_limits(Prng& random);

}  // namespace flotilla::testing
