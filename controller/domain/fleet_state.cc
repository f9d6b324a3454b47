#include "controller/domain/fleet_state.h"

#include <algorithm>

namespace flotilla::controller {

const Variant* FleetState::find_variant(std::string_view model, uint32_t version,
                                        std::string_view hardware_class) const {
  const auto versions = models.find(std::string(model));
  if (versions == models.end()) return nullptr;
  const auto found = versions->second.find(version);
  if (found == versions->second.end()) return nullptr;
  for (const Variant& variant : found->second.variants) {
    if (variant.hardware_class == hardware_class) return &variant;
  }
  return nullptr;
}

const StandingDirective* FleetState::find_standing(std::string_view hardware_class,
                                                   std::string_view model) const {
  const auto found = standing.find({std::string(hardware_class), std::string(model)});
  return found == standing.end() ? nullptr : &found->second;
}

bool FleetState::owns_directive(const Rollout& rollout, std::string_view hardware_class) const {
  const StandingDirective* found = find_standing(hardware_class, rollout.model);
  return found != nullptr && found->directive.rollout == rollout.id;
}

bool is_open(AssignmentState state) {
  return state == AssignmentState::kPending || state == AssignmentState::kOffered ||
         is_under_way(state);
}

bool is_under_way(AssignmentState state) {
  return state == AssignmentState::kTransferring || state == AssignmentState::kStaged ||
         state == AssignmentState::kTrial;
}

bool is_failure(AssignmentState state) {
  return state == AssignmentState::kReverted || state == AssignmentState::kRejected ||
         state == AssignmentState::kFailed;
}

bool is_live(RolloutState state) {
  return state == RolloutState::kDraft || state == RolloutState::kPreparing ||
         state == RolloutState::kRunning || state == RolloutState::kHolding ||
         state == RolloutState::kRollingBack;
}

RolloutTarget* find_target(Rollout& rollout, std::string_view hardware_class) {
  for (RolloutTarget& target : rollout.targets) {
    if (target.hardware_class == hardware_class) return &target;
  }
  return nullptr;
}

const RolloutTarget* find_target(const Rollout& rollout, std::string_view hardware_class) {
  return find_target(const_cast<Rollout&>(rollout), hardware_class);
}

bool is_eligible(const Device& device, std::string_view hardware_class, std::string_view model) {
  return !device.retired && device.hardware_class == hardware_class &&
         device.claimed_class.empty() && !device.duplicate_suspected &&
         device.models.count(std::string(model)) != 0;
}

bool has_reported(const Device& device) {
  return device.order != ReportOrder{};
}

bool may_take_part(const Device& device, std::string_view hardware_class, std::string_view model) {
  if (has_reported(device)) return is_eligible(device, hardware_class, model);
  return !device.retired && device.hardware_class == hardware_class;
}

WallTime last_heard(const Device& device) {
  return std::max(device.last_report, device.last_health);
}

}  // namespace flotilla::controller
