#pragma once

#include <atomic>
#include <vector>

#include "controller/artifact/delta/structure_plan.h"
#include "controller/artifact/models/model_file.h"
#include "controller/artifact/parallel.h"

namespace flotilla::controller {

/// What the planner decided for a tensor or a part of one.
struct PlanNote {
  Span place;  ///< in the target
  const char* method = "";
  double coded = 0;  ///< bytes it is expected to cost; 0: not known
};

/// How all of the target is made.
struct DeltaPlan {
  std::vector<PlannedOp> tensors;                     ///< in order of their place in the target
  std::shared_ptr<const StructurePlanner> structure;  ///< for all other bytes
  std::vector<PlanNote> notes;
  /// Tensors, or parts of them, that the base predicts by number; in order of their place.
  std::vector<std::shared_ptr<const PlannedOp>> predicted;

  /// Operations that produce target[begin, end) without looking back before `begin`, in order;
  /// the first and the last may reach beyond.
  std::vector<PlannedOp> operations(uint64_t begin, uint64_t end) const;
  /// Where, from `begin` on, the planner expects `budget` coded bytes to end; beyond `end` it is a
  /// guess. `density`: coded bytes for each byte of what it has no expectation of.
  uint64_t expected_end(uint64_t begin, uint64_t end, uint64_t budget, double density) const;
};

/// Plans `target` from `base` (may be empty: from nothing). The files' tensors, if the formats are
/// known, are matched and planned each by itself; all other bytes by likeness. Without `structure`
/// when cancelled.
DeltaPlan plan_delta(Bytes base, const ModelFile& base_model, Bytes target,
                     const ModelFile& target_model, uint8_t profile, Parallel& parallel,
                     const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
