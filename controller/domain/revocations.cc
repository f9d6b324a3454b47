#include "controller/domain/revocations.h"

#include <algorithm>
#include <tuple>

#include "controller/domain/lifecycle.h"
#include "schemas/protocol/limits.h"

namespace flotilla::controller::revocations {
namespace {

/// Some directive has brought devices of the class to the version, or may have.
bool was_ordered(const FleetState& state, const std::string& model, uint32_t version,
                 const std::string& hardware_class) {
  for (const auto& [id, rollout] : state.rollouts) {
    if (rollout.model != model) continue;
    for (const RolloutTarget& target : rollout.targets) {
      if (target.hardware_class != hardware_class || target.first_seq == 0) continue;
      if (rollout.version == version || target.previous_version == version) return true;
    }
  }
  return false;
}

}  // namespace

bool is_revoked(const FleetState& state, const std::string& model, uint32_t version,
                const std::string& hardware_class) {
  return lifecycle::state_of(state, model, version, hardware_class) == ReleaseState::kRevoked;
}

bool is_revoked(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  return is_revoked(state, rollout.model, rollout.version, target.hardware_class);
}

bool has_way_back(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  return !target.previous_release.is_none() &&
         !is_revoked(state, rollout.model, target.previous_version, target.hardware_class);
}

std::vector<Listed> listed(const FleetState& state, const std::string& model,
                           const std::string& hardware_class) {
  std::vector<Listed> out;
  const auto end = state.lifecycles.end();
  for (auto it = state.lifecycles.lower_bound({model, 0}); it != end && it->first.first == model;
       ++it) {
    const uint32_t version = it->first.second;
    const auto standing = it->second.classes.find(hardware_class);
    if (standing == it->second.classes.end()) continue;
    if (standing->second.state != ReleaseState::kRevoked) continue;
    const Variant* variant = state.find_variant(model, version, hardware_class);
    if (variant == nullptr || !was_ordered(state, model, version, hardware_class)) continue;
    out.push_back({version, standing->second.changed, variant->image_digest});
  }
  std::sort(out.begin(), out.end(), [](const Listed& a, const Listed& b) {
    return std::tie(a.revoked.ms, a.version) > std::tie(b.revoked.ms, b.version);
  });
  if (out.size() > kMaxRevoked) out.resize(kMaxRevoked);
  return out;
}

}  // namespace flotilla::controller::revocations
