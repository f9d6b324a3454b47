#pragma once

#include <atomic>

#include "controller/artifact/models/model_file.h"
#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// Weights in two files that no reader knows, as tensors of one dimension.
struct FoundNumbers {
  /// Counterparts, each under the name of the target's; in the target's order, may overlap.
  ModelFile base;
  ModelFile target;
};

/// Finds float weights in the target by their exponents, and where the base has the like of them
/// by normalised cross-correlation of the values: at the same place, where the stretch before went
/// on, or anywhere. Weights without a counterpart stand in `target` alone. Time is linear in the
/// files, besides searches of the whole base, which are bounded in sum. Empty when cancelled.
FoundNumbers find_numbers(Bytes base, Bytes target, const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
