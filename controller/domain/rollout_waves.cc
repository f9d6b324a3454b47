#include <algorithm>

#include "controller/domain/assignment_machine.h"
#include "controller/domain/bounds.h"
#include "controller/domain/gate.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"
#include "controller/domain/wave_planner.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::rollout_machine {
namespace {

struct Member {
  uint32_t position = 0;
  std::string device;
  bool reported = false;
  auto operator<=>(const Member&) const = default;
};

/// Devices of the class that may take part, in the order of their positions.
std::vector<Member> members_of(StepContext& step, const Rollout& rollout,
                               const RolloutTarget& target) {
  std::vector<Member> out;
  for (const auto& [id, device] : step.state.devices) {
    if (!may_take_part(device, target.hardware_class, rollout.model)) continue;
    out.push_back({cohort_position(step.hasher, rollout.salt, id), id, has_reported(device)});
  }
  std::sort(out.begin(), out.end());
  return out;
}

void assign(StepContext& step, Rollout& rollout, const RolloutTarget& target,
            const std::vector<Member>& members) {
  const Directive& directive =
      step.state.find_standing(target.hardware_class, rollout.model)->directive;
  const auto& assigned = step.state.assignments[rollout.id];
  for (const Member& member : members) {
    const Device& device = step.state.devices.at(member.device);
    if (!in_cohort(directive, member.position, device.site)) continue;
    if (assigned.count(member.device) != 0) continue;
    assignment_machine::open(step, rollout, target, device, member.position);
  }
}

void open_for_class(StepContext& step, Rollout& rollout, RolloutTarget& target, uint32_t wave) {
  const std::vector<Member> members = members_of(step, rollout, target);
  std::vector<wave_planner::Candidate> candidates;
  for (const Member& member : members) {
    const Device& device = step.state.devices.at(member.device);
    const bool present = member.reported && is_reachable(step, device, {});
    candidates.push_back({member.position, present});
  }
  issue_install(step, rollout, target, wave_planner::cohort(rollout.policy, wave, candidates));
  assign(step, rollout, target, members);
}

bool has_present_member(const StepContext& step, const Rollout& rollout,
                        const std::string& hardware_class) {
  const auto assigned = step.state.assignments.find(rollout.id);
  if (assigned == step.state.assignments.end()) return false;
  for (const auto& [id, assignment] : assigned->second) {
    const Device& device = step.state.devices.at(id);
    if (device.hardware_class == hardware_class && has_reported(device)) return true;
  }
  return false;
}

/// A canary of devices that have never reported waits for them, but not when another device of the
/// class is there: the first of those takes their place, alone, and they wait for the next wave.
void aim_canary(StepContext& step, Rollout& rollout) {
  if (rollout.state != RolloutState::kRunning || rollout.waves.back().number != 0) return;
  for (RolloutTarget& target : rollout.targets) {
    if (has_present_member(step, rollout, target.hardware_class)) continue;
    for (const Member& member : members_of(step, rollout, target)) {
      if (!member.reported) continue;
      issue_install(step, rollout, target, {CohortTerm{{}, member.position, member.position}});
      assign(step, rollout, target, {member});
      break;
    }
  }
}

gate::Count count(const Tally& tally) {
  gate::Count out;
  for (size_t i = 0; i < tally.size(); ++i) {
    const AssignmentState state = static_cast<AssignmentState>(i);
    out.members += tally[i];
    if (state == AssignmentState::kConfirmed) out.confirmed += tally[i];
    if (is_failure(state)) out.failures += tally[i];
  }
  return out;
}

/// A device has time to answer from the moment that it could know.
bool is_awaited(const StepContext& step, const Rollout& rollout, const Assignment& a,
                const Device& device) {
  const StandingDirective* standing =
      step.state.find_standing(device.hardware_class, rollout.model);
  if (standing == nullptr || !is_reachable(step, device, {})) return false;
  const WallTime since = std::max({a.changed, standing->directive.issued,
                                   step.state.memory.listening_since.value_or(step.now)});
  const bool knows = a.state == AssignmentState::kOffered;
  const Duration window = seconds(knows ? rollout.policy.start_window_s : 0);
  return step.now < since + kAnswerGrace + window;
}

/// Under way and worth waiting for. A device that falls silent in its trial is, since the release
/// may be why; one that makes no progress for kAssignmentDeadline is not.
bool is_blocking(const StepContext& step, const Assignment& a, const Device& device) {
  if (has_passed(a.changed, kAssignmentDeadline, step.now)) return false;
  return a.state == AssignmentState::kTrial || is_reachable(step, device, {});
}

void count_open(const StepContext& step, const Rollout& rollout, gate::Input& in) {
  const auto index = step.state.index.find(rollout.id);
  if (index == step.state.index.end()) return;
  for (const std::string& id : index->second.open) {
    const Assignment& a = step.state.assignments.at(rollout.id).at(id);
    const Device& device = step.state.devices.at(id);
    if (!has_reported(device)) {
      ++in.total.absent;
      if (a.wave == in.wave) ++in.here.absent;
    } else if (!is_under_way(a.state)) {
      if (is_awaited(step, rollout, a, device)) ++in.awaited;
    } else if (is_blocking(step, a, device)) {
      ++in.under_way;
    }
  }
}

gate::Input gather(const StepContext& step, const Rollout& rollout) {
  const Wave& wave = rollout.waves.back();
  gate::Input in;
  in.wave = wave.number;
  in.last = wave.number >= wave_planner::kLastWave;
  in.opened = wave.opened;
  in.last_outcome = wave.last_outcome;
  in.answer_by = wave.opened + kAnswerGrace + seconds(rollout.policy.start_window_s);
  const auto index = step.state.index.find(rollout.id);
  if (index == step.state.index.end()) return in;
  for (const auto& [number, tally] : index->second.waves) {
    const gate::Count part = count(tally);
    if (number == wave.number) in.here = part;
    in.total.members += part.members;
    in.total.confirmed += part.confirmed;
    in.total.failures += part.failures;
  }
  count_open(step, rollout, in);
  return in;
}

}  // namespace

bool is_reachable(const StepContext& step, const Device& device, WallTime since) {
  if (!step.state.memory.listening_since) return true;
  const WallTime heard = std::max(last_heard(device), *step.state.memory.listening_since);
  return !device.retired && !has_passed(std::max(heard, since), kSilentAfter, step.now);
}

void open_wave(StepContext& step, Rollout& rollout) {
  Wave wave;
  wave.number = static_cast<uint32_t>(rollout.waves.size());
  wave.opened = step.now;
  rollout.waves.push_back(wave);
  step.touch(rollout);
  step.audit("rollout.wave_opened", object_of(rollout), cat("wave ", wave.number));
  for (RolloutTarget& target : rollout.targets) open_for_class(step, rollout, target, wave.number);
}

void judge(StepContext& step, Rollout& rollout) {
  aim_canary(step, rollout);
  while (rollout.state == RolloutState::kRunning) {
    const gate::Input input = gather(step, rollout);
    const gate::Decision decision = gate::judge(input, rollout.policy, step.now);
    if (decision.verdict == gate::Verdict::kHalt) return halt(step, rollout, decision.reason);
    if (!step.state.memory.listening_since) {
      return explain(step, rollout, "waits for the connection to the broker");
    }
    if (const std::string why = transfer_planner::trouble_of(step.state, rollout); !why.empty()) {
      return explain(step, rollout, cat("wave ", input.wave, ": ", why));
    }
    if (decision.verdict == gate::Verdict::kHold) return explain(step, rollout, decision.reason);
    step.audit("rollout.gate_passed", object_of(rollout), decision.reason);
    if (input.last) {
      enter(step, rollout, RolloutState::kCompleted, decision.reason);
    } else {
      open_wave(step, rollout);
    }
  }
}

}  // namespace flotilla::controller::rollout_machine
