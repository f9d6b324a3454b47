#include <algorithm>

#include "controller/domain/revocations.h"
#include "controller/domain/rollout_machine.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"

namespace flotilla::controller::rollout_machine {
namespace {

bool moves_on(RolloutState state) {
  return state == RolloutState::kPreparing || state == RolloutState::kRunning ||
         state == RolloutState::kHolding;
}

/// One that was ordered already stays on record; no directive orders it any more.
void close_way_back(StepContext& step, Rollout& rollout, RolloutTarget& target, uint32_t version) {
  if (target.previous_version != version || target.rollback_seq != 0) return;
  target.previous_release = Digest{};
  target.previous_version = 0;
  target.previous_transfers.clear();
  step.touch(rollout);
  step.plan_changed = true;
}

/// Unless what stands says it already. Where nothing stands, nothing was ever sent to devices.
void tell_devices(StepContext& step, const std::string& model, const std::string& hardware_class) {
  const StandingDirective* standing = step.state.find_standing(hardware_class, model);
  if (standing == nullptr) return;
  const auto listed = revocations::listed(step.state, model, hardware_class);
  const bool said =
      std::equal(listed.begin(), listed.end(), standing->revoked.begin(), standing->revoked.end(),
                 [](const auto& a, const Digest& b) { return a.image == b; });
  if (said) return;
  Rollout& rollout = step.state.rollouts.at(standing->directive.rollout);
  reissue(step, rollout, *find_target(rollout, hardware_class));
}

}  // namespace

void revoked(StepContext& step, const std::string& model, uint32_t version,
             const std::string& hardware_class) {
  for (auto& [id, rollout] : step.state.rollouts) {
    RolloutTarget* target = rollout.model == model ? find_target(rollout, hardware_class) : nullptr;
    if (target == nullptr) continue;
    close_way_back(step, rollout, *target, version);
    if (rollout.version != version || !moves_on(rollout.state)) continue;
    halt(step, rollout, cat("version ", version, " was revoked on ", hardware_class));
  }
  tell_devices(step, model, hardware_class);
}

}  // namespace flotilla::controller::rollout_machine
