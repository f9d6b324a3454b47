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

/// Devices know images by their bytes alone: what another version may run is not taken from them.
bool lives_on(const FleetState& state, const std::string& model, const std::string& hardware_class,
              const Digest& image) {
  for (const auto& [number, version] : state.models.at(model)) {
    const Variant* variant = state.find_variant(model, number, hardware_class);
    if (variant == nullptr || variant->image_digest != image) continue;
    const ReleaseState standing = lifecycle::state_of(state, model, number, hardware_class);
    if (standing == ReleaseState::kReleased || standing == ReleaseState::kDeprecated) return true;
  }
  return false;
}

/// Some device of the class has it in a slot.
bool is_held(const FleetState& state, const std::string& model, const std::string& hardware_class,
             const Digest& image) {
  return std::any_of(state.devices.begin(), state.devices.end(), [&](const auto& entry) {
    const Device& device = entry.second;
    if (device.retired || device.hardware_class != hardware_class) return false;
    const auto found = device.models.find(model);
    return found != device.models.end() && (found->second.reported.active_digest == image ||
                                            found->second.reported.spare_digest == image);
  });
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
    if (lives_on(state, model, hardware_class, variant->image_digest)) continue;
    out.push_back({version, standing->second.changed, variant->image_digest});
  }
  std::sort(out.begin(), out.end(), [](const Listed& a, const Listed& b) {
    return std::tie(a.revoked.ms, a.version) > std::tie(b.revoked.ms, b.version);
  });
  if (out.size() <= kMaxRevoked) return out;
  std::stable_partition(out.begin(), out.end(), [&](const Listed& one) {
    return is_held(state, model, hardware_class, one.image);
  });
  out.resize(kMaxRevoked);
  return out;
}

}  // namespace flotilla::controller::revocations
