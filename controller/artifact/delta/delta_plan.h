#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "controller/artifact/delta/planned_op.h"
#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// What the planner decided for one tensor, or for all bytes outside tensors.
struct PlanNote {
  std::string name;
  std::string type;
  uint64_t offset = 0;
  uint64_t size = 0;
  const char* method = "";
};

/// Operations that produce all of the target, in order.
struct DeltaPlan {
  std::vector<PlannedOp> ops;
  std::vector<PlanNote> notes;
};

/// Plans `target` from `base` (may be empty: from nothing). The files' tensors, if the formats are
/// known, are matched and planned one by one; all other bytes by likeness. Empty when cancelled.
DeltaPlan plan_delta(Bytes base, const ModelFile& base_model, Bytes target,
                     const ModelFile& target_model, uint8_t profile,
                     const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
