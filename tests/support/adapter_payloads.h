#pragma once

#include <atomic>
#include <string>

#include "controller/artifact/payload.h"
#include "schemas/base/prng.h"

/// Bytes for tests of the delta encoder.
namespace flotilla::testing {

std::string random_bytes(Prng& prng, size_t size);
/// fp32 values around zero, little-endian, as trained weights are.
std::string random_weights(Prng& prng, size_t count);
/// The same weights after a little more training: small relative changes of every value.
std::string fine_tuned(Prng& prng, const std::string& weights);
/// A few insertions, deletions, block moves and changed bytes.
std::string mutated(Prng& prng, std::string bytes);

/// The payload of `target` from `base` (empty: from nothing), encoded in one thread.
Result<controller::Payload> build_payload(Hasher& hasher, Bytes base, Bytes target,
                                          const controller::PayloadLimits& limits,
                                          const std::atomic<bool>& cancel);

/// All chunks decoded and put together; empty when one is malformed, out
/// of order, or fails its Merkle proof.
std::string decode_all(Hasher& hasher, Bytes base, const controller::Payload& payload);

}  // namespace flotilla::testing
