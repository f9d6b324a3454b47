#include "controller/domain/rollout_machine.h"

#include <algorithm>

#include "controller/domain/assignment_machine.h"
#include "controller/domain/directive_board.h"
#include "controller/domain/revocations.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::rollout_machine {
namespace {

using State = RolloutState;

bool contains(const std::vector<TransferId>& ids, TransferId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool is_waiting_for(const FleetState& state, const Rollout& rollout, const RolloutTarget& target,
                    bool for_rollback) {
  const bool back = rollout.state == State::kRollingBack || rollout.state == State::kRolledBack;
  if (for_rollback) {
    return back && state.owns_directive(rollout, target.hardware_class) &&
           revocations::has_way_back(state, rollout, target);
  }
  return rollout.state == State::kPreparing || rollout.state == State::kRunning ||
         rollout.state == State::kHolding ||
         (rollout.state == State::kCompleted &&
          state.owns_directive(rollout, target.hardware_class) &&
          !revocations::is_revoked(state, rollout, target));
}

/// Why an answer is no payload that can be offered; empty when it is one.
std::string flaw_of(const TransfersBuilt& event, const Rollout& rollout, const Digest& release) {
  if (!event.failure.empty()) return event.failure;
  if (event.transfers.empty() || event.transfers.size() > kMaxOffers)
    return cat(event.transfers.size(), " payloads were built, not 1 to ", kMaxOffers);
  std::set<Digest> bases;
  for (const Transfer& transfer : event.transfers) {
    if (transfer.release_digest != release || transfer.model != rollout.model ||
        transfer.hardware_class != event.hardware_class)
      return "a payload of another release was built";
    if (!bases.insert(transfer.base_digest).second) return "two payloads have the same base";
  }
  return event.transfers.back().base_digest.is_none() ? "" : "the full payload is missing";
}

bool is_offered(const Directive& directive, const std::vector<TransferId>& ids) {
  if (directive.offers.size() != ids.size()) return false;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (directive.offers[i].transfer != ids[i]) return false;
  }
  return true;
}

/// Says what keeps the payloads from resting. A running rollout waits for them in its gate.
void tell_trouble(StepContext& step, Rollout& rollout) {
  if (rollout.state == State::kRunning) return judge(step, rollout);
  if (rollout.state != State::kPreparing && rollout.state != State::kRollingBack) return;
  const std::string why = transfer_planner::trouble_of(step.state, rollout);
  if (!why.empty()) explain(step, rollout, why);
}

void start_when_ready(StepContext& step, Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    if (transfer_planner::all_at_rest(step.state, target.transfers)) continue;
    explain(step, rollout, "brings the payloads to rest in the broker");
    return tell_trouble(step, rollout);
  }
  enter(step, rollout, State::kRunning, "the payloads are at rest in the broker");
  open_wave(step, rollout);
  judge(step, rollout);
}

/// The payloads of a class changed or came to rest: the directive follows.
void offer_when_ready(StepContext& step, Rollout& rollout, RolloutTarget& target,
                      bool for_rollback) {
  if (rollout.state == State::kPreparing) return start_when_ready(step, rollout);
  if (!is_waiting_for(step.state, rollout, target, for_rollback)) return;
  const auto& ids = for_rollback ? target.previous_transfers : target.transfers;
  if (!transfer_planner::all_at_rest(step.state, ids)) return;
  const StandingDirective* standing =
      step.state.find_standing(target.hardware_class, rollout.model);
  if (standing != nullptr && !is_offered(standing->directive, ids)) reissue(step, rollout, target);
}

/// What may pass is tried again; what was asked for in vain ends a rollout that told nobody yet.
void build_failed(StepContext& step, Rollout& rollout, const TransfersBuilt& event,
                  const std::string& why, bool may_pass) {
  const std::string reason = cat("the payloads were not built: ", why);
  if (rollout.state == State::kPreparing && !may_pass) return halt(step, rollout, reason);
  const BuildKey key{rollout.id, event.hardware_class, event.for_rollback};
  if (transfer_planner::build_refused(step, key, reason))
    step.audit("rollout.build_failed", object_of(rollout), reason);
  tell_trouble(step, rollout);
}

/// The rollout's part of a report: one model, one class.
void observe(StepContext& step, const Device& device, const ModelState& model, bool attested) {
  directive_board::catch_up(step, device.id, model.directive);
  const StandingDirective* standing =
      step.state.find_standing(device.hardware_class, model.model.view());
  if (standing == nullptr || !is_eligible(device, device.hardware_class, model.model.view()))
    return;
  const DirectivePosition issued{standing->directive.epoch, standing->directive.seq};
  if (model.directive > issued) ++step.state.memory.counters.positions_ahead;
  Rollout& rollout = step.state.rollouts.at(standing->directive.rollout);
  const RolloutTarget* target = find_target(rollout, device.hardware_class);
  if (target == nullptr) return;
  const bool failed =
      assignment_machine::observe(step, {rollout, *target, *standing, device, model, attested});
  if (failed) judge(step, rollout);
}

}  // namespace

void built(StepContext& step, const TransfersBuilt& event) {
  const auto found = step.state.rollouts.find(event.rollout);
  RolloutTarget* target = found == step.state.rollouts.end()
                              ? nullptr
                              : find_target(found->second, event.hardware_class);
  if (target == nullptr ||
      !is_waiting_for(step.state, found->second, *target, event.for_rollback)) {
    ++step.state.memory.counters.answers_stale;
    return;
  }
  Rollout& rollout = found->second;
  const Digest& release = event.for_rollback ? target->previous_release : target->release_digest;
  std::string flaw = flaw_of(event, rollout, release);
  bool may_pass = event.may_pass;
  if (flaw.empty()) {
    flaw = transfer_planner::over_budget(step, event.transfers, event.for_rollback);
    may_pass = transfer_planner::may_fit_later(step, event.transfers);
  }
  if (!flaw.empty()) return build_failed(step, rollout, event, flaw, may_pass);
  step.state.memory.build_troubles.erase({rollout.id, event.hardware_class, event.for_rollback});
  auto& ids = event.for_rollback ? target->previous_transfers : target->transfers;
  transfer_planner::adopt(step, event.transfers, ids);
  step.touch(rollout);
  offer_when_ready(step, rollout, *target, event.for_rollback);
}

void payload_at_rest(StepContext& step, TransferId transfer) {
  for (auto& [id, rollout] : step.state.rollouts) {
    for (RolloutTarget& target : rollout.targets) {
      if (contains(target.transfers, transfer)) offer_when_ready(step, rollout, target, false);
      if (contains(target.previous_transfers, transfer))
        offer_when_ready(step, rollout, target, true);
    }
  }
}

void payload_refused(StepContext& step, TransferId transfer) {
  for (auto& [id, rollout] : step.state.rollouts) {
    for (const RolloutTarget& target : rollout.targets) {
      if (contains(target.transfers, transfer) || contains(target.previous_transfers, transfer))
        tell_trouble(step, rollout);
    }
  }
}

void directive_refused(StepContext& step, uint64_t outbox_id) {
  const OutboxEntry& entry = step.state.outbox.at(outbox_id);
  const StandingDirective* standing = step.state.find_standing(entry.hardware_class, entry.model);
  if (standing != nullptr) tell_trouble(step, step.state.rollouts.at(standing->directive.rollout));
}

void introduced(StepContext& step, const Device& device) {
  for (const auto& [id, rollout] : step.state.rollouts) {
    if (!is_eligible(device, device.hardware_class, rollout.model))
      assignment_machine::withdraw(step, rollout, device);
  }
}

void reported(StepContext& step, const Device& device, const StateReported& event) {
  for (const ModelState& model : event.report.models) {
    const bool attested = event.attestations.count(std::string(model.model.view())) != 0;
    observe(step, device, model, attested);
  }
}

void tick(StepContext& step) {
  for (auto& [id, rollout] : step.state.rollouts) {
    assignment_machine::expire_overdue(step, rollout);
    if (rollout.state == State::kRunning) judge(step, rollout);
    if (rollout.state == State::kRollingBack) settle(step, rollout);
  }
}

}  // namespace flotilla::controller::rollout_machine
