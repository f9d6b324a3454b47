#include "controller/domain/assignment_machine.h"

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/revocations.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::assignment_machine {
namespace {

using State = AssignmentState;

struct Why {
  Reason reason = Reason::kNone;
  std::string detail;
};

bool is_outcome(State state) {
  return state == State::kConfirmed || is_failure(state);
}

Why why_of(const ModelState& model) {
  return {model.reason, std::string(model.detail.view())};
}

void count(StepContext& step, const Assignment& a, State from, State to) {
  RolloutIndex& index = step.state.index[a.rollout];
  Tally& tally = index.waves[a.wave];
  --tally[static_cast<size_t>(from)];
  ++tally[static_cast<size_t>(to)];
  if (is_open(to)) {
    index.open.insert(a.device);
  } else {
    index.open.erase(a.device);
  }
}

void note_outcome(StepContext& step, const Assignment& a) {
  Rollout& rollout = step.state.rollouts.at(a.rollout);
  if (a.wave >= rollout.waves.size()) return;
  rollout.waves[a.wave].last_outcome = step.now;
  step.touch(rollout);
}

/// The only way an assignment changes its state. Every pair is possible, since reports may be
/// missed, contradict each other or come late; what matters is that each change is on record.
void enter(StepContext& step, Assignment& a, State to, const Why& why) {
  const State from = a.state;
  if (from == to) return;
  a.state = to;
  a.reason = why.reason;
  a.detail = why.detail.substr(0, kMaxText);
  a.changed = step.now;
  count(step, a, from, to);
  step.touch(a);
  if (is_outcome(to)) note_outcome(step, a);
  step.audit(cat("assignment.", state_name(to)), cat("rollout/", a.rollout, "/device/", a.device),
             cat("was ", state_name(from), why.detail.empty() ? "" : ": ", why.detail));
}

/// True when the transfer has moved since the last report.
bool take_progress(StepContext& step, Assignment& a, const ModelState& model) {
  if (a.chunks_done == model.chunks_done && a.chunks_total == model.chunks_total &&
      a.bytes_received == model.bytes_received)
    return false;
  a.chunks_done = model.chunks_done;
  a.chunks_total = model.chunks_total;
  a.bytes_received = model.bytes_received;
  step.touch(a);
  return true;
}

/// The device has accepted the directive that stands.
bool knows_directive(const Sighting& s) {
  const Directive& standing = s.standing.directive;
  return s.model.directive == DirectivePosition{standing.epoch, standing.seq};
}

/// The device speaks of another rollout or of none: it has not begun with this one.
void observe_elsewhere(StepContext& step, Assignment& a, const Sighting& s, bool runs_image) {
  if (runs_image && s.model.state != UpdateState::kTrial) {
    enter(step, a, State::kConfirmed, {Reason::kNone, "already running"});
    return;
  }
  if (is_under_way(a.state)) {
    enter(step, a, State::kPending, {Reason::kNone, "the device started over"});
  }
  const bool waits = a.state == State::kPending || a.state == State::kExpired;
  if (waits && knows_directive(s)) enter(step, a, State::kOffered, {});
}

/// Success is a measured digest and an attestation, not a word.
void observe_confirmed(StepContext& step, Assignment& a, const Sighting& s, bool runs_image) {
  if (!runs_image) {
    enter(step, a, State::kFailed, {s.model.reason, "confirmed, but another image is active"});
    return;
  }
  if (s.attested) {
    enter(step, a, State::kConfirmed, why_of(s.model));
    return;
  }
  const bool nothing_moved = !is_under_way(a.state) && s.model.bytes_received == 0;
  enter(step, a, nothing_moved ? State::kOffered : State::kTrial,
        {Reason::kNone, "confirmed without a valid attestation"});
}

void observe_failure(StepContext& step, Assignment& a, const ModelState& model, State to) {
  if (model.reason == Reason::kSuperseded || model.reason == Reason::kOrdered) {
    enter(step, a, State::kPending,
          why_of(model));  // given up by order: says nothing of the release
  } else {
    enter(step, a, to, why_of(model));
  }
}

void observe_install(StepContext& step, Assignment& a, const Sighting& s, bool runs_image) {
  switch (s.model.state) {
    case UpdateState::kIdle:
      if (runs_image) {
        enter(step, a, State::kConfirmed, {Reason::kNone, "already running"});
      } else if (is_open(a.state) || a.state == State::kExpired) {
        enter(step, a, State::kOffered, why_of(s.model));
      }
      return;
    case UpdateState::kTransferring:
      return enter(step, a, State::kTransferring, why_of(s.model));
    case UpdateState::kStaged:
      return enter(step, a, State::kStaged, why_of(s.model));
    case UpdateState::kTrial:
      return enter(step, a, State::kTrial, why_of(s.model));
    case UpdateState::kConfirmed:
      return observe_confirmed(step, a, s, runs_image);
    case UpdateState::kReverted:
      return observe_failure(step, a, s.model, State::kReverted);
    case UpdateState::kRejected:
      return observe_failure(step, a, s.model, State::kRejected);
    case UpdateState::kFailed:
      return observe_failure(step, a, s.model, State::kFailed);
  }
}

/// The device has accepted the rollback directive: how the install ended stays on record.
void observe_rollback(StepContext& step, Assignment& a, const Sighting& s, bool runs_image) {
  if (is_under_way(a.state) && !runs_image) {
    enter(step, a, a.state == State::kTrial ? State::kReverted : State::kFailed,
          {Reason::kOrdered, "ended by the rollback"});
  }
  if (!is_outcome(a.state)) return;
  const Variant* previous =
      step.state.find_variant(s.rollout.model, s.target.previous_version, s.target.hardware_class);
  const bool back = previous != nullptr && s.model.active_digest == previous->image_digest;
  if (a.rolled_back == back) return;
  a.rolled_back = back;
  step.touch(a);
  step.audit(back ? "assignment.rolled_back" : "assignment.rollback_undone",
             cat("rollout/", a.rollout, "/device/", a.device), "");
}

/// The device obeyed a revocation: no failure of what it had confirmed.
void leave_revoked(StepContext& step, Assignment& a) {
  if (a.rolled_back) return;
  a.rolled_back = true;
  step.touch(a);
  step.audit("assignment.rolled_back", cat("rollout/", a.rollout, "/device/", a.device),
             "the version was revoked");
}

bool is_rolling_back(const Rollout& rollout) {
  return rollout.state == RolloutState::kRollingBack || rollout.state == RolloutState::kRolledBack;
}

void apply(StepContext& step, Assignment& a, const Sighting& s) {
  const bool runs_image = s.model.active_digest == image_of(step.state, s.rollout, s.target);
  const bool about = is_about(s);
  if (is_rolling_back(s.rollout) && about && s.target.rollback_seq != 0 &&
      s.model.directive.seq >= s.target.rollback_seq) {
    return observe_rollback(step, a, s, runs_image);
  }
  if (a.state == State::kConfirmed) {
    if (!runs_image && revocations::is_revoked(step.state, s.rollout, s.target))
      return leave_revoked(step, a);
    // hawkBit #3185: what was confirmed and is gone again was no success.
    if (!runs_image)
      enter(step, a, State::kFailed, {s.model.reason, "another image is active now"});
    return;
  }
  if (!about) return observe_elsewhere(step, a, s, runs_image);
  const bool moved = take_progress(step, a, s.model);
  // Where nothing orders the install any more, what came late does not open it again.
  const bool goes_on = moved && s.standing.directive.verb == Verb::kInstall;
  const bool still_stuck =
      a.state == State::kExpired && !goes_on && s.model.state == UpdateState::kTransferring;
  if (!still_stuck) observe_install(step, a, s, runs_image);
}

Assignment* find(StepContext& step, const Sighting& s) {
  auto& of_rollout = step.state.assignments[s.rollout.id];
  const auto found = of_rollout.find(s.device.id);
  return found == of_rollout.end() ? nullptr : &found->second;
}

Assignment& create(StepContext& step, Rollout& rollout, const Device& device, uint32_t position) {
  Assignment& a = step.state.assignments[rollout.id][device.id];
  a.rollout = rollout.id;
  a.device = device.id;
  a.wave = static_cast<uint32_t>(rollout.waves.size() - 1);
  a.position = position;
  a.changed = step.now;
  RolloutIndex& index = step.state.index[rollout.id];
  ++index.waves[a.wave][static_cast<size_t>(a.state)];
  index.open.insert(a.device);
  step.touch(a);
  step.audit("assignment.pending", cat("rollout/", a.rollout, "/device/", a.device),
             cat("wave ", a.wave));
  return a;
}

bool covers(const Sighting& s, uint32_t position) {
  const Directive& directive = s.standing.directive;
  if (directive.verb == Verb::kRollback) return false;
  if (is_about(s) && s.model.state != UpdateState::kIdle) return true;
  return directive.verb == Verb::kInstall && in_cohort(directive, position, s.device.site);
}

}  // namespace

Digest image_of(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  const Variant* variant =
      state.find_variant(rollout.model, rollout.version, target.hardware_class);
  return variant == nullptr ? Digest{} : variant->image_digest;
}

bool is_about(const Sighting& s) {
  const DirectivePosition issued{s.standing.directive.epoch, s.standing.directive.seq};
  return s.model.rollout == s.rollout.id && s.target.first_seq != 0 &&
         s.model.directive.seq >= s.target.first_seq && s.model.directive <= issued;
}

void open(StepContext& step, Rollout& rollout, const RolloutTarget& target, const Device& device,
          uint32_t position) {
  Assignment& a = create(step, rollout, device, position);
  const auto model = device.models.find(rollout.model);
  if (model == device.models.end()) return;
  const ModelState& reported = model->second.reported;
  if (reported.active_digest == image_of(step.state, rollout, target) &&
      reported.state != UpdateState::kTrial) {
    enter(step, a, State::kConfirmed, {Reason::kNone, "already running"});
  }
}

bool observe(StepContext& step, const Sighting& s) {
  if (s.rollout.waves.empty()) return false;
  Assignment* a = find(step, s);
  if (a == nullptr) {
    const uint32_t position = cohort_position(step.hasher, s.rollout.salt, s.device.id);
    if (!covers(s, position)) return false;
    a = &create(step, s.rollout, s.device, position);
  }
  const State before = a->state;
  apply(step, *a, s);
  return a->state != before && is_failure(a->state);
}

void close_open(StepContext& step, const Rollout& rollout, std::string_view hardware_class,
                std::string_view why) {
  const std::set<std::string> devices = step.state.index[rollout.id].open;
  for (const std::string& device : devices) {
    if (!hardware_class.empty() && step.state.devices.at(device).hardware_class != hardware_class)
      continue;
    enter(step, step.state.assignments[rollout.id].at(device), State::kExpired,
          {Reason::kSuperseded, std::string(why)});
  }
}

void withdraw(StepContext& step, const Rollout& rollout, const Device& device) {
  auto& of_rollout = step.state.assignments[rollout.id];
  const auto found = of_rollout.find(device.id);
  if (found == of_rollout.end() || found->second.state != State::kPending) return;
  RolloutIndex& index = step.state.index[rollout.id];
  --index.waves[found->second.wave][static_cast<size_t>(State::kPending)];
  index.open.erase(device.id);
  step.audit("assignment.withdrawn", cat("rollout/", rollout.id, "/device/", device.id),
             device.claimed_class.empty() ? cat("the device does not serve ", rollout.model)
                                          : cat("the device reports class ", device.claimed_class));
  step.drop_assignment(found->second);
}

void close_device(StepContext& step, const std::string& device) {
  for (auto& [rollout, assignments] : step.state.assignments) {
    const auto found = assignments.find(device);
    if (found == assignments.end() || !is_open(found->second.state)) continue;
    enter(step, found->second, State::kExpired, {Reason::kNone, "the device was retired"});
  }
}

void expire_overdue(StepContext& step, const Rollout& rollout) {
  std::vector<Assignment*> overdue;
  for (const std::string& device : step.state.index[rollout.id].open) {
    Assignment& a = step.state.assignments[rollout.id].at(device);
    if (!is_under_way(a.state) || !has_passed(a.changed, kAssignmentDeadline, step.now) ||
        !has_passed(step.state.devices.at(device).last_report, kAssignmentDeadline, step.now))
      continue;
    overdue.push_back(&a);
  }
  for (Assignment* a : overdue) {
    enter(step, *a, State::kExpired, {Reason::kNone, "no report within the deadline"});
  }
}

}  // namespace flotilla::controller::assignment_machine
