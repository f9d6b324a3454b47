#pragma once

#include <string>

#include "controller/artifact/delta/planned_op.h"
#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// How one tensor of the target is made, and what that is expected to cost.
struct TensorPlan {
  std::vector<PlannedOp> ops;
  const char* method = "";  ///< stable name of what won, for people and JSON
  double estimate = 0;      ///< coded bytes
  /// The best prediction by number from the base, where it beats doing without the base; what wins
  /// may still be something else, such as patched bytes.
  std::shared_ptr<const PlannedOp> predicted = nullptr;
};

/// Tries every way on samples of the tensor and returns the cheapest; `old` may be null. Nothing
/// when bytes without structure would do as well.
TensorPlan plan_tensor(Bytes base, Bytes target, const TensorSpan* old, const TensorSpan& now,
                       uint8_t profile);

/// How the codec sees elements of that type; kNone for those it takes as bytes.
delta::Element element_of(DType dtype);

}  // namespace flotilla::controller
