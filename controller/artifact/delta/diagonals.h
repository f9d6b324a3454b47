#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// Where the base may resemble the target. A diagonal is base offset - target offset; the planner
/// prices those of each window of the target and takes what is cheapest.
struct Diagonals {
  static constexpr uint64_t kWindow = 16 * 1024;
  static constexpr size_t kMaxCandidates = 16;

  std::vector<std::vector<int64_t>> by_window;
};

/// Candidates come from long equal runs, from votes of short ones (fine-tuned weights share a run
/// of 8 bytes here and there, always at the same distance), and from the plain guesses "same
/// offset" and "same distance from the end". Empty `by_window` when cancelled.
Diagonals find_diagonals(Bytes base, Bytes target, const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
