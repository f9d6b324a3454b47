#pragma once

#include "controller/domain/step_context.h"

/// Parts of the rollout machine that its files share.
namespace flotilla::controller::rollout_machine {

std::string object_of(const Rollout& rollout);

/// The transitions of docs/state-machines.md.
bool may_enter(RolloutState from, RolloutState to);
/// The only way a rollout changes its state.
void enter(StepContext& step, Rollout& rollout, RolloutState to, std::string reason);
/// What a rollout waits for, without a change of its state.
void explain(StepContext& step, Rollout& rollout, const std::string& reason);

// ---- waves (rollout_waves.cc)

void open_wave(StepContext& step, Rollout& rollout);
/// Asks the gate and does what it says.
void judge(StepContext& step, Rollout& rollout);
/// Reports or health came within kSilentAfter; time in which nobody listened does not count.
bool is_reachable(const StepContext& step, const Device& device, WallTime since);

// ---- directives (rollout_directives.cc)

/// `wave_cohort`: who takes part from now on.
void issue_install(StepContext& step, Rollout& rollout, RolloutTarget& target,
                   const std::vector<CohortTerm>& wave_cohort);
/// Repeats the standing cohort with the verb that the rollout's state asks for.
void reissue(StepContext& step, Rollout& rollout, RolloutTarget& target);
void reissue_all(StepContext& step, Rollout& rollout);

// ---- the way back (rollback.cc)

/// Stops the rollout at once, and starts the way back when its policy says so.
void halt(StepContext& step, Rollout& rollout, const std::string& reason);
void begin_rollback(StepContext& step, Rollout& rollout, const std::string& reason);
/// Ends the rollback when nobody who can be reached still has to return.
void settle(StepContext& step, Rollout& rollout);

}  // namespace flotilla::controller::rollout_machine
