#pragma once

#include "schemas/protocol/messages.h"

/// Words and remedies for the reasons that devices give.
namespace flotilla::controller::api {

/// Stable snake_case name, for programs.
const char* reason_name(Reason reason);
/// What happened, in words.
const char* reason_text(Reason reason);
/// What to do about it.
const char* reason_remedy(Reason reason);

}  // namespace flotilla::controller::api
