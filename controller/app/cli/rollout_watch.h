#pragma once

#include "controller/app/cli/progress.h"
#include "controller/app/cli/session.h"

namespace flotilla::controller::app {

std::string rollout_path(const std::string& id);

/// Follows a rollout to its end: a picture that is redrawn on a terminal, a line for each change
/// elsewhere, with --json one document for each change, one a line. Sets kExitRolledBack unless it
/// completed.
void watch_rollout(Session& session, const std::string& id);

}  // namespace flotilla::controller::app
