#pragma once

#include "controller/artifact/delta/delta_plan.h"

namespace flotilla::controller {

/// Half-open range of a file.
struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// Adds to `plan` operations for the bytes of the target outside `planned` (sorted), made from the
/// bytes of the base outside `used`, and puts all in order. Empty when cancelled.
DeltaPlan with_structure(Bytes base, std::vector<Span> used, Bytes target,
                         const std::vector<Span>& planned, DeltaPlan plan,
                         const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
