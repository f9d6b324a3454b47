#pragma once

#include "controller/domain/step_context.h"

/// One device x one rollout. Truth comes from reports alone: an assignment is a summary of what
/// the device said, and a later report may contradict an earlier one (docs/state-machines.md).
namespace flotilla::controller::assignment_machine {

/// What one accepted report says about the rollout whose directive stands for the device.
struct Sighting {
  Rollout& rollout;
  const RolloutTarget& target;
  const StandingDirective& standing;
  const Device& device;
  const ModelState& model;
  bool attested = false;  ///< the report carries a verified attestation of its outcome
};

/// Makes a pending assignment in the rollout's newest wave; a device that runs the image already is
/// confirmed at once.
void open(StepContext& step, Rollout& rollout, const RolloutTarget& target, const Device& device,
          uint32_t position);

/// Applies a report. Makes the assignment when the directive covers the device and there is none.
/// True when the assignment has failed with it: the gate has something new to judge.
bool observe(StepContext& step, const Sighting& sighting);

/// Ends the open assignments of a rollout; `hardware_class` empty: of every class.
void close_open(StepContext& step, const Rollout& rollout, std::string_view hardware_class,
                std::string_view why);
/// Takes a device out that turned out, with its first report, not to be eligible; only what is
/// pending: it was told nothing.
void withdraw(StepContext& step, const Rollout& rollout, const Device& device);
/// Ends the open assignments of a retired device.
void close_device(StepContext& step, const std::string& device);

/// Expires what has been under way without a report for kAssignmentDeadline.
void expire_overdue(StepContext& step, const Rollout& rollout);

/// Digest of the image that the rollout brings to the class.
Digest image_of(const FleetState& state, const Rollout& rollout, const RolloutTarget& target);
/// The report's position was issued for this rollout's class, so that its state is about it.
bool is_about(const Sighting& sighting);

}  // namespace flotilla::controller::assignment_machine
