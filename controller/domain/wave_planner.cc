#include "controller/domain/wave_planner.h"

#include <algorithm>

namespace flotilla::controller::wave_planner {

size_t cap(const RolloutPolicy& policy, uint32_t wave, size_t eligible) {
  if (wave >= kLastWave) return eligible;
  const uint64_t share = (uint64_t{eligible} * policy.canary_percent + 99) / 100;
  const uint64_t wanted = policy.canary_count != 0 ? policy.canary_count : share;
  return static_cast<size_t>(std::min<uint64_t>(std::max<uint64_t>(wanted, 1), eligible));
}

std::vector<CohortTerm> cohort(const RolloutPolicy& policy, uint32_t wave,
                               const std::vector<uint32_t>& positions) {
  if (wave >= kLastWave) return {CohortTerm{}};
  const size_t devices = cap(policy, wave, positions.size());
  if (devices == 0) return {};
  CohortTerm term;
  term.high = positions[devices - 1];
  return {term};
}

}  // namespace flotilla::controller::wave_planner
