#pragma once

#include <string>
#include <vector>

#include "controller/artifact/delta/encode_delta.h"

/// Delta-aware releases: a new model file whose weights are rounded so that its delta becomes
/// small. What is rounded is the update, not the model: the coarser a tensor's change, the coarser
/// the grid.
namespace flotilla::controller {

/// Allowed steps, in units of the root mean square of what the update changes.
inline constexpr double kLeastStep = 0.001;
inline constexpr double kLargestStep = 1;

/// kOutOfRange: the step is no number between the two.
Status check_step(double step);

/// How far a rounded tensor is from the one that it replaces.
struct TensorLoss {
  std::string name;
  std::string type;
  uint64_t elements = 0;
  double relative_l2 = 0;   ///< |rounded - new| / |new|, Euclidean
  double relative_max = 0;  ///< largest |rounded - new| of one weight / root mean square of new
  double of_change = 0;     ///< |rounded - new| / |new - predicted|
};

struct RoundedUpdate {
  std::string file;                 ///< the new file but for the rounded weights
  std::vector<TensorLoss> tensors;  ///< those that differ, by offset
  TensorLoss whole;                 ///< over these; `relative_max` is the greatest of theirs
  size_t kept = 0;                  ///< tensors that are as they were
};

/// Rounds each float tensor of the target that the delta engine predicts from the base by number
/// (at least 512 weights, none infinite or NaN) to multiples of a power of two: the largest that
/// is not above `step` x the root mean square of target - prediction, taken for each slice of the
/// first dimension with at least 32 weights, else for the tensor, whose columns may be channels: as
/// that of the column that changes less than all but a sixteenth of them; and as that of the
/// weights where this is less; but at least 2^-21 of the largest weight.
/// So no weight moves by more than half of that step, and no slice by more than step / 2 of its
/// Euclidean norm. Everything else keeps its bytes; in a rounded tensor -0 becomes 0.
///
/// The result depends on nothing but the arguments. kOutOfRange: the step; kFailedPrecondition: the
/// files have no such tensor, or the rounding changes none; kAborted: cancelled.
Result<RoundedUpdate> round_update(const EncodeInput& input, double step, Parallel& parallel,
                                   const EncodeWatch& watch);

}  // namespace flotilla::controller
