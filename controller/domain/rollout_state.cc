#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "schemas/base/assert.h"

namespace flotilla::controller::rollout_machine {
namespace {

using State = RolloutState;

bool is_end(State state) {
  return !is_live(state);
}

}  // namespace

std::string object_of(const Rollout& rollout) {
  return cat("rollout/", rollout.id);
}

bool may_enter(State from, State to) {
  switch (from) {
    case State::kDraft:
      return to == State::kPreparing || to == State::kCancelled;
    case State::kPreparing:
      return to == State::kRunning || to == State::kHalted || to == State::kCancelled;
    case State::kRunning:
      return to == State::kHolding || to == State::kCompleted || to == State::kHalted;
    case State::kHolding:
      return to == State::kRunning || to == State::kHalted;
    case State::kCompleted:
      return to == State::kRollingBack;
    case State::kHalted:
      return to == State::kRollingBack || to == State::kCancelled;
    case State::kRollingBack:
      return to == State::kRolledBack || to == State::kCancelled;
    case State::kRolledBack:
    case State::kCancelled:
      return false;
  }
  return false;
}

void enter(StepContext& step, Rollout& rollout, State to, std::string reason) {
  FLOTILLA_ASSERT(may_enter(rollout.state, to));
  rollout.state = to;
  rollout.state_reason = reason.substr(0, kMaxText);
  rollout.finished = is_end(to) ? step.now : WallTime{};
  step.touch(rollout);
  step.plan_changed = true;
  step.audit(cat("rollout.", state_name(to)), object_of(rollout), reason);
}

void explain(StepContext& step, Rollout& rollout, const std::string& reason) {
  if (rollout.state_reason == reason) return;
  rollout.state_reason = reason;
  step.touch(rollout);
}

}  // namespace flotilla::controller::rollout_machine
