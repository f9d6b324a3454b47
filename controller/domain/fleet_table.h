#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Enrolled devices and what they say. A report counts once, in order; what it says of a rollout
/// is for the assignment machine.
namespace flotilla::controller::fleet_table {

Refused enrol(StepContext& step, const EnrolDevice& command);
/// Marks the device retired; its assignments are the caller's.
Refused retire(StepContext& step, const RetireDevice& command);

enum class Acceptance : uint8_t {
  kRefused,    ///< nobody to answer
  kDeferred,   ///< too much of this device is in the log already: it is to say it again later
  kDuplicate,  ///< known already: only acknowledged
  kAccepted,
};

Acceptance accept(StepContext& step, const StateReported& event);
/// Counts what followed from a report that was accepted when the log had `before` entries.
void count_entries(StepContext& step, const Device& device, uint64_t before);
void acknowledge(StepContext& step, const Device& device);

void accept_health(StepContext& step, const HealthReported& event);

}  // namespace flotilla::controller::fleet_table
