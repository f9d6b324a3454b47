#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// The standing directives and the outbox that carries them to the broker.
namespace flotilla::controller::directive_board {

/// Makes `intent` the standing directive of its model and class: stamps epoch, seq, issued and
/// expires, and puts it into the outbox. Returns its seq.
uint64_t issue(StepContext& step, Directive intent, uint32_t expires_s);

/// Keeps why; false: nobody waits for the entry any more.
bool refused(StepContext& step, const OutboxRefused& event);
void delivered(StepContext& step, const OutboxDelivered& event);
/// A broker that was away may have forgotten what it retained: everything goes out again.
void publish_all(StepContext& step);
/// A device knows a later number than this store ever gave: the store is an older copy. What is
/// issued from now on is newer than what the device knows; what stands stays as it is.
void catch_up(StepContext& step, const std::string& device, const DirectivePosition& known);
/// Publishes again what the broker did not accept in time.
void retry(StepContext& step);
/// Issues directives anew that have passed half their life, or were issued under an older keyset,
/// which devices no longer obey.
void renew(StepContext& step);

}  // namespace flotilla::controller::directive_board
