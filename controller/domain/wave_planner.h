#pragma once

#include <cstdint>
#include <vector>

#include "controller/domain/records.h"

/// Which part of the hash space a wave covers. Pure: plans without acting.
namespace flotilla::controller::wave_planner {

/// Number of the last wave: the canary (0) is followed by everybody.
inline constexpr uint32_t kLastWave = 1;

/// Devices of `eligible` that the wave may reach at most.
size_t cap(const RolloutPolicy& policy, uint32_t wave, size_t eligible);

/// Positions [0, high] that the wave covers; `positions`: of the eligible devices of one class, in
/// ascending order. Without devices the canary covers nobody.
std::vector<CohortTerm> cohort(const RolloutPolicy& policy, uint32_t wave,
                               const std::vector<uint32_t>& positions);

}  // namespace flotilla::controller::wave_planner
