#include "controller/domain/assignment_machine.h"
#include "controller/domain/directive_board.h"
#include "controller/domain/revocations.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "schemas/base/assert.h"

namespace flotilla::controller::rollout_machine {
namespace {

/// What every directive of the rollout says to the class; release and cohort are still missing.
Directive common(const Rollout& rollout, const RolloutTarget& target, Verb verb) {
  Directive out;
  FLOTILLA_ASSERT(out.model.assign(rollout.model));
  FLOTILLA_ASSERT(out.hardware_class.assign(target.hardware_class));
  out.rollout = rollout.id;
  out.verb = verb;
  out.salt = rollout.salt;
  out.healthy_for_s = rollout.policy.healthy_for_s;
  out.trial_deadline_s = rollout.policy.trial_deadline_s;
  out.trial_attempts = rollout.policy.trial_attempts;
  out.start_window_s = rollout.policy.start_window_s;
  return out;
}

void name_release(const FleetState& state, const Rollout& rollout, const RolloutTarget& target,
                  Directive& out) {
  const bool back = out.verb == Verb::kRollback;
  out.version = back ? target.previous_version : rollout.version;
  const Variant* variant = state.find_variant(rollout.model, out.version, target.hardware_class);
  FLOTILLA_ASSERT(variant != nullptr);
  out.release_digest = variant->release_digest;
  out.image_digest = variant->image_digest;
}

void offer(const FleetState& state, const std::vector<TransferId>& ids, Directive& out) {
  for (TransferId id : ids) {
    const auto found = state.transfers.find(id);
    if (found == state.transfers.end()) continue;
    FLOTILLA_ASSERT(out.offers.push_back({found->second.base_digest, id}));
  }
}

Verb verb_for(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  switch (rollout.state) {
    case RolloutState::kDraft:
    case RolloutState::kPreparing:
    case RolloutState::kRunning:
    case RolloutState::kCompleted:
      return revocations::is_revoked(state, rollout, target) ? Verb::kHold : Verb::kInstall;
    case RolloutState::kHolding:
    case RolloutState::kHalted:
    case RolloutState::kCancelled:
      return Verb::kHold;
    case RolloutState::kRollingBack:
    case RolloutState::kRolledBack:
      if (!revocations::has_way_back(state, rollout, target)) return Verb::kHold;
      return target.previous_transfers.empty() ? Verb::kHold : Verb::kRollback;
  }
  return Verb::kHold;
}

/// A rollout that was stopped for good offers nothing: its payloads leave the broker.
bool offers_release(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  if (revocations::is_revoked(state, rollout, target)) return false;
  return rollout.state == RolloutState::kRunning || rollout.state == RolloutState::kHolding ||
         rollout.state == RolloutState::kCompleted;
}

}  // namespace

void issue_install(StepContext& step, Rollout& rollout, RolloutTarget& target,
                   const std::vector<CohortTerm>& wave_cohort) {
  const StandingDirective* standing =
      step.state.find_standing(target.hardware_class, rollout.model);
  const uint32_t before = standing == nullptr ? rollout.id : standing->directive.rollout;
  Directive intent = common(rollout, target, Verb::kInstall);
  name_release(step.state, rollout, target, intent);
  offer(step.state, target.transfers, intent);
  for (const CohortTerm& term : wave_cohort) FLOTILLA_ASSERT(intent.cohort.push_back(term));
  const uint64_t seq = directive_board::issue(step, intent, rollout.policy.expires_s);
  if (target.first_seq == 0) target.first_seq = seq;
  step.touch(rollout);
  if (before != rollout.id) {
    assignment_machine::close_open(step, step.state.rollouts.at(before), target.hardware_class,
                                   cat("superseded by rollout ", rollout.id));
  }
}

void reissue(StepContext& step, Rollout& rollout, RolloutTarget& target) {
  if (!step.state.owns_directive(rollout, target.hardware_class)) return;
  const Directive standing =
      step.state.find_standing(target.hardware_class, rollout.model)->directive;
  Directive intent = common(rollout, target, verb_for(step.state, rollout, target));
  name_release(step.state, rollout, target, intent);
  const bool back = intent.verb == Verb::kRollback;
  if (back) {
    offer(step.state, target.previous_transfers, intent);
    FLOTILLA_ASSERT(intent.cohort.push_back(CohortTerm{}));
  } else {
    if (offers_release(step.state, rollout, target)) offer(step.state, target.transfers, intent);
    intent.cohort = standing.cohort;
  }
  const uint64_t seq = directive_board::issue(step, intent, rollout.policy.expires_s);
  if (back && target.rollback_seq == 0) target.rollback_seq = seq;
  step.touch(rollout);
}

void reissue_all(StepContext& step, Rollout& rollout) {
  for (RolloutTarget& target : rollout.targets) reissue(step, rollout, target);
}

}  // namespace flotilla::controller::rollout_machine
