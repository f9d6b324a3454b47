#pragma once

#include <atomic>
#include <vector>

#include "controller/artifact/op_encoder.h"

namespace flotilla::controller {

/// Operations that produce all of `target` from `base`, in order, blind to chunks. Cells of
/// kPlanCell bytes are priced as literals and along each candidate diagonal (Viterbi over the
/// cheapest path), then borders move byte by byte and equal runs become copies. Time is linear in
/// the target. Empty when cancelled (or the target is empty).
std::vector<PlannedOp> plan_operations(Bytes base, Bytes target, const std::atomic<bool>& cancel);

inline constexpr uint64_t kPlanCell = 64;

}  // namespace flotilla::controller
