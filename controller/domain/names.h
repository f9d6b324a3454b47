#pragma once

#include "controller/domain/event.h"
#include "controller/domain/records.h"

/// Stable snake_case names, as they stand in audit entries.
namespace flotilla::controller {

const char* state_name(RolloutState state);
const char* state_name(AssignmentState state);
const char* state_name(Transfer::State state);
const char* state_name(UpdateState state);
const char* state_name(ReleaseState state);
const char* witness_name(Witness witness);
const char* verb_name(RolloutVerb verb);
const char* verb_name(Verb verb);

}  // namespace flotilla::controller
