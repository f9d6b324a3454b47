#include "controller/domain/wave_planner.h"

#include <algorithm>

namespace flotilla::controller::wave_planner {

size_t cap(const RolloutPolicy& policy, uint32_t wave, size_t candidates) {
  if (wave >= kLastWave) return candidates;
  const uint64_t share = (uint64_t{candidates} * policy.canary_percent + 99) / 100;
  const uint64_t wanted = policy.canary_count != 0 ? policy.canary_count : share;
  return static_cast<size_t>(std::min<uint64_t>(std::max<uint64_t>(wanted, 1), candidates));
}

std::vector<CohortTerm> cohort(const RolloutPolicy& policy, uint32_t wave,
                               const std::vector<Candidate>& candidates) {
  if (wave >= kLastWave) return {CohortTerm{}};
  const bool anybody = std::any_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& c) { return c.present; });
  size_t left = cap(policy, wave, candidates.size());
  std::vector<CohortTerm> out;
  uint32_t low = 0;
  bool neighbour = false;
  for (const Candidate& candidate : candidates) {
    const bool taken = candidate.present || !anybody;
    if (taken && !neighbour && out.size() == kMaxCohortTerms) break;
    if (taken && !neighbour) out.push_back({{}, std::min(low, candidate.position), 0});
    if (taken) out.back().high = candidate.position;
    neighbour = taken;
    low = std::max(candidate.position, candidate.position + 1);  // without wrapping
    if (taken && --left == 0) break;
  }
  return out;
}

}  // namespace flotilla::controller::wave_planner
