#include "controller/domain/assignment_machine.h"
#include "controller/domain/names.h"
#include "controller/domain/rollout_machine.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::rollout_machine {
namespace {

using State = RolloutState;

Refused not_now(const Rollout& rollout, RolloutVerb verb, std::string remedy) {
  return refusal(Code::kFailedPrecondition,
                 cat("rollout ", rollout.id, " is ", state_name(rollout.state), ": it cannot ",
                     verb_name(verb)),
                 std::move(remedy));
}

/// What helps instead, by state.
std::string remedy_for(State state) {
  switch (state) {
    case State::kDraft:
    case State::kPreparing:
      return "cancel it, or wait until it runs";
    case State::kRunning:
    case State::kHolding:
      return "hold, resume, halt or roll it back";
    case State::kCompleted:
      return "roll it back, or start another rollout";
    case State::kHalted:
      return "roll it back, cancel it, or start another rollout";
    case State::kRollingBack:
      return "wait until it has rolled back, or cancel it";
    case State::kRolledBack:
    case State::kCancelled:
      return "start another rollout";
  }
  return "";
}

void move(StepContext& step, Rollout& rollout, State to, const std::string& reason) {
  enter(step, rollout, to, reason);
  reissue_all(step, rollout);
}

Refused hold(StepContext& step, Rollout& rollout, const std::string& reason) {
  if (rollout.state == State::kHolding) return std::nullopt;
  if (rollout.state != State::kRunning)
    return not_now(rollout, RolloutVerb::kHold, remedy_for(rollout.state));
  move(step, rollout, State::kHolding, reason);
  return std::nullopt;
}

/// Also tries again at once what a payload in trouble would wait for.
Refused resume(StepContext& step, Rollout& rollout, const std::string& reason) {
  const bool troubled = !transfer_planner::trouble_of(step.state, rollout).empty();
  if (troubled) {
    step.audit("rollout.tried_again", object_of(rollout), reason);
    transfer_planner::try_again(step, rollout);
  }
  if (rollout.state != State::kHolding) {
    if (troubled || rollout.state == State::kRunning) return std::nullopt;
    return not_now(rollout, RolloutVerb::kResume, remedy_for(rollout.state));
  }
  move(step, rollout, State::kRunning, reason);
  judge(step, rollout);
  return std::nullopt;
}

Refused stop(StepContext& step, Rollout& rollout, const std::string& reason) {
  if (rollout.state == State::kHalted) return std::nullopt;
  if (rollout.state != State::kRunning && rollout.state != State::kHolding)
    return not_now(rollout, RolloutVerb::kHalt, remedy_for(rollout.state));
  halt(step, rollout, reason);
  return std::nullopt;
}

bool stands_anywhere(const FleetState& state, const Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    if (state.owns_directive(rollout, target.hardware_class)) return true;
  }
  return false;
}

Refused roll_back(StepContext& step, Rollout& rollout, const std::string& reason) {
  if (rollout.state == State::kRollingBack || rollout.state == State::kRolledBack)
    return std::nullopt;
  const bool runs = rollout.state == State::kRunning || rollout.state == State::kHolding;
  const bool ended = rollout.state == State::kHalted || rollout.state == State::kCompleted;
  if (!runs && !ended) return not_now(rollout, RolloutVerb::kRollback, remedy_for(rollout.state));
  if (!stands_anywhere(step.state, rollout)) {
    return refusal(Code::kFailedPrecondition,
                   cat("rollout ", rollout.id, " commands no device: ",
                       rollout.waves.empty() ? "it never did" : "a later rollout took its place"),
                   "roll back the rollout that stands, or start another one");
  }
  if (runs) {
    enter(step, rollout, State::kHalted, reason);
    reissue_all(step, rollout);
  }
  begin_rollback(step, rollout, reason);
  return std::nullopt;
}

Refused cancel(StepContext& step, Rollout& rollout, const std::string& reason) {
  if (rollout.state == State::kCancelled) return std::nullopt;
  if (!may_enter(rollout.state, State::kCancelled))
    return not_now(rollout, RolloutVerb::kCancel, remedy_for(rollout.state));
  enter(step, rollout, State::kCancelled, reason);
  assignment_machine::close_open(step, rollout, "", "the rollout was cancelled");
  return std::nullopt;
}

}  // namespace

Refused operate(StepContext& step, const OperateRollout& command) {
  const auto found = step.state.rollouts.find(command.rollout);
  if (found == step.state.rollouts.end()) {
    return refusal(Code::kNotFound, cat("rollout ", command.rollout, " does not exist"),
                   "check the number");
  }
  const std::string reason =
      command.reason.empty() ? cat(verb_name(command.verb), " by ", step.actor) : command.reason;
  switch (command.verb) {
    case RolloutVerb::kHold:
      return hold(step, found->second, reason);
    case RolloutVerb::kResume:
      return resume(step, found->second, reason);
    case RolloutVerb::kHalt:
      return stop(step, found->second, reason);
    case RolloutVerb::kRollback:
      return roll_back(step, found->second, reason);
    case RolloutVerb::kCancel:
      return cancel(step, found->second, reason);
  }
  return std::nullopt;
}

}  // namespace flotilla::controller::rollout_machine
