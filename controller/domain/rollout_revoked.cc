#include "controller/domain/rollout_machine.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"

namespace flotilla::controller::rollout_machine {
namespace {

bool moves_on(RolloutState state) {
  return state == RolloutState::kPreparing || state == RolloutState::kRunning ||
         state == RolloutState::kHolding;
}

/// A return that was ordered already goes on: the device decides.
void close_way_back(StepContext& step, Rollout& rollout, RolloutTarget& target, uint32_t version) {
  if (target.previous_version != version || target.rollback_seq != 0) return;
  target.previous_release = Digest{};
  target.previous_version = 0;
  target.previous_transfers.clear();
  step.touch(rollout);
  step.plan_changed = true;
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
}

}  // namespace flotilla::controller::rollout_machine
