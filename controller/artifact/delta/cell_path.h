#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "controller/artifact/delta/diagonals.h"
#include "controller/artifact/delta/segment_prices.h"

namespace flotilla::controller {

/// A stretch of the target that is made in one way: along a diagonal of the base, or literally.
struct Stretch {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::optional<int64_t> diagonal;  ///< none: literal
};

/// Cheapest way through the cells of the target (Viterbi; states: literal, and each candidate
/// diagonal of the cell's window). Stretches are maximal and cover the target. Empty when
/// cancelled.
std::vector<Stretch> cheapest_path(const Prices& prices, const Diagonals& diagonals, uint64_t size,
                                   const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
