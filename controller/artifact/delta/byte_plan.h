#pragma once

#include <atomic>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/protocol/delta/stream.h"

namespace flotilla::controller {

/// One operation on bytes: kCopy, kPatch or kLiteral. base_offset counts for the first two only.
struct ByteStep {
  delta::Op kind = delta::Op::kLiteral;
  uint64_t target_offset = 0;
  uint64_t length = 0;
  uint64_t base_offset = 0;
};

/// Steps that produce all of `target` from `base`, in order. Cells of kPlanCell bytes are priced as
/// literals and along each candidate diagonal (Viterbi over the cheapest path), then borders move
/// byte by byte and equal runs become copies. Time is linear in the target. Empty when cancelled
/// (or the target is empty).
std::vector<ByteStep> plan_bytes(Bytes base, Bytes target, const std::atomic<bool>& cancel);

inline constexpr uint64_t kPlanCell = 64;

}  // namespace flotilla::controller
