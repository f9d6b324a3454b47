#pragma once

#include <string>
#include <vector>

#include "controller/domain/fleet_state.h"

/// What directives say about revoked versions.
namespace flotilla::controller::revocations {

bool is_revoked(const FleetState& state, const std::string& model, uint32_t version,
                const std::string& hardware_class);

/// The rollout's release, on the target's class.
bool is_revoked(const FleetState& state, const Rollout& rollout, const RolloutTarget& target);

/// Devices have something to return to that is not revoked.
bool has_way_back(const FleetState& state, const Rollout& rollout, const RolloutTarget& target);

struct Listed {
  uint32_t version = 0;
  WallTime revoked;
  Digest image;
};

/// What every directive of the model and class names: versions that were revoked there after a
/// rollout had ordered them, unless a version with the same bytes may run; the last revoked first.
/// At most kMaxRevoked: of more, first those that devices hold.
std::vector<Listed> listed(const FleetState& state, const std::string& model,
                           const std::string& hardware_class);

}  // namespace flotilla::controller::revocations
