#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Signed heads of the audit log: what was vouched for, and when the next one is due.
namespace flotilla::controller::checkpoints {

/// Which log it is: named after its first entry.
std::string origin_of(const AuditTree& log);

/// The head of the log as a checkpoint that is still to be signed; nothing while it is empty.
std::optional<Checkpoint> draft(const FleetState& state, Hasher& hasher, WallTime now);

/// Keeps a signed checkpoint; one that nobody asked for and that is not the log's head is dropped.
void keep(StepContext& step, const KeepCheckpoint& event);

/// Asks for one when the log has grown and the newest is an hour old.
void tick(StepContext& step);

}  // namespace flotilla::controller::checkpoints
