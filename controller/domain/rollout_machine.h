#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Moves a fleet to one version of one model, wave by wave, and back (docs/state-machines.md).
namespace flotilla::controller::rollout_machine {

/// On success result().created_rollout names the rollout, which is preparing.
Refused start(StepContext& step, const StartRollout& command);
Refused operate(StepContext& step, const OperateRollout& command);

void built(StepContext& step, const TransfersBuilt& event);
void payload_at_rest(StepContext& step, TransferId transfer);
/// A payload does not come to rest: the rollouts that need it say so and wait.
void payload_refused(StepContext& step, TransferId transfer);

/// The broker does not take the directive of an outbox entry: its rollout says so and waits.
void directive_refused(StepContext& step, uint64_t outbox_id);
/// The device has reported for the first time: what counted on it learns what it is.
void introduced(StepContext& step, const Device& device);
/// An accepted report, for the rollouts whose directives stand for the device.
void reported(StepContext& step, const Device& device, const StateReported& event);

/// A version is revoked on a class: what moves there stops, and nothing returns to it.
void revoked(StepContext& step, const std::string& model, uint32_t version,
             const std::string& hardware_class);

/// Deadlines, gates and the end of rollbacks.
void tick(StepContext& step);

}  // namespace flotilla::controller::rollout_machine
