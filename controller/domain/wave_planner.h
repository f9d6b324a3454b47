#pragma once

#include <cstdint>
#include <vector>

#include "controller/domain/records.h"

/// Which part of the hash space a wave covers. Pure: plans without acting.
namespace flotilla::controller::wave_planner {

/// Number of the last wave: the canary (0) is followed by everybody.
inline constexpr uint32_t kLastWave = 1;

/// Devices of `candidates` that the wave may reach at most.
size_t cap(const RolloutPolicy& policy, uint32_t wave, size_t candidates);

/// A device of the class that may take part.
struct Candidate {
  uint32_t position = 0;
  bool present = true;  ///< has reported, and is not silent now
};

/// What the wave covers; `candidates`: of one class, in ascending order of their positions. The
/// canary takes the first that are present, at most kMaxCohortTerms runs of neighbours, and leaves
/// out who lies between; when nobody is present, the first that are not; without candidates nobody.
std::vector<CohortTerm> cohort(const RolloutPolicy& policy, uint32_t wave,
                               const std::vector<Candidate>& candidates);

}  // namespace flotilla::controller::wave_planner
