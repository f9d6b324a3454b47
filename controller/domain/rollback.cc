#include "controller/domain/assignment_machine.h"
#include "controller/domain/revocations.h"
#include "controller/domain/rollout_parts.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::rollout_machine {
namespace {

/// Where the devices of a rollback stand.
struct Return {
  uint32_t back = 0;     ///< do not run the release, or not any more
  uint32_t waiting = 0;  ///< have still to return
  uint32_t unable = 0;   ///< tried and could not, or have nothing to return to
  uint32_t silent = 0;
};

/// The device may still come to run the release. A hold stops a transfer, but no trial; the order
/// to return stops both.
bool is_moving(UpdateState state, bool ordered, bool has_way_back) {
  if (state == UpdateState::kTrial) return true;
  const bool before_trial = state == UpdateState::kTransferring || state == UpdateState::kStaged;
  return before_trial && !ordered && has_way_back;
}

bool has_given_up(UpdateState state) {
  return state == UpdateState::kReverted || state == UpdateState::kRejected ||
         state == UpdateState::kFailed;
}

/// Adds one device that the rollout may have touched.
void count_device(const StepContext& step, const assignment_machine::Sighting& s, Return& out) {
  const bool runs_image =
      s.model.active_digest == assignment_machine::image_of(step.state, s.rollout, s.target);
  const bool about = assignment_machine::is_about(s);
  const bool ordered =
      about && s.target.rollback_seq != 0 && s.model.directive.seq >= s.target.rollback_seq;
  const bool has_way_back = revocations::has_way_back(step.state, s.rollout, s.target);
  const bool moving = about && is_moving(s.model.state, ordered, has_way_back);
  if (!runs_image && !moving) {
    ++out.back;
  } else if ((!has_way_back && !moving) || (ordered && has_given_up(s.model.state))) {
    ++out.unable;
  } else if (!is_reachable(step, s.device, s.standing.directive.issued)) {
    ++out.silent;
  } else {
    ++out.waiting;
  }
}

bool was_touched(AssignmentState state) {
  return state != AssignmentState::kPending && state != AssignmentState::kOffered;
}

Return count(StepContext& step, Rollout& rollout) {
  Return out;
  for (const auto& [id, assignment] : step.state.assignments[rollout.id]) {
    const Device& device = step.state.devices.at(id);
    const RolloutTarget* target = find_target(rollout, device.hardware_class);
    const auto model = device.models.find(rollout.model);
    if (device.retired || target == nullptr || model == device.models.end() ||
        !was_touched(assignment.state) ||
        !step.state.owns_directive(rollout, target->hardware_class))
      continue;
    const StandingDirective& standing =
        *step.state.find_standing(target->hardware_class, rollout.model);
    count_device(step, {rollout, *target, standing, device, model->second.reported}, out);
  }
  return out;
}

bool is_ordered_everywhere(const FleetState& state, const Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    if (target.previous_release.is_none() || target.rollback_seq != 0) continue;
    if (state.owns_directive(rollout, target.hardware_class)) return false;
  }
  return true;
}

std::string describe(const Return& r) {
  std::string out = cat(devices(r.back), " back from the release");
  if (r.unable > 0) out += cat(", ", r.unable, " without a way back");
  if (r.silent > 0) out += cat(", ", r.silent, " silent, told when they return");
  return out;
}

bool has_way_back(const FleetState& state, const Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    if (revocations::has_way_back(state, rollout, target)) return true;
  }
  return false;
}

}  // namespace

void halt(StepContext& step, Rollout& rollout, const std::string& reason) {
  enter(step, rollout, RolloutState::kHalted, reason);
  reissue_all(step, rollout);
  const bool was_published = !rollout.waves.empty();
  if (was_published && rollout.policy.rollback_on_halt) begin_rollback(step, rollout, reason);
}

/// The rollback directive names offers, so it waits until its payloads are at rest; until then the
/// fleet holds.
void begin_rollback(StepContext& step, Rollout& rollout, const std::string& reason) {
  const bool holds = rollout.state == RolloutState::kHalted;
  const std::string note =
      has_way_back(step.state, rollout)
          ? ""
          : "; there is no earlier release: the hold stands and trials end by themselves";
  enter(step, rollout, RolloutState::kRollingBack, cat(reason, note));
  if (!holds) reissue_all(step, rollout);
  transfer_planner::request_builds(step);
}

void settle(StepContext& step, Rollout& rollout) {
  if (!step.state.memory.listening_since) return;
  const std::string trouble = transfer_planner::trouble_of(step.state, rollout);
  if (!is_ordered_everywhere(step.state, rollout)) {
    if (!trouble.empty()) explain(step, rollout, trouble);
    return;
  }
  const Return counts = count(step, rollout);
  if (counts.waiting > 0) {
    return explain(step, rollout,
                   cat("waits for ", devices(counts.waiting), " to return",
                       trouble.empty() ? "" : "; ", trouble));
  }
  assignment_machine::close_open(step, rollout, "", "the rollout was rolled back");
  enter(step, rollout, RolloutState::kRolledBack, describe(counts));
}

}  // namespace flotilla::controller::rollout_machine
