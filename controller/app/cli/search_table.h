#pragma once

#include "controller/app/cli/session.h"

namespace flotilla::controller::app {

/// Prints the versions, and of these the variants, that an expression finds; page after page, at
/// most `limit` versions.
void list_versions(Session& session, const std::string& where, uint64_t limit);

}  // namespace flotilla::controller::app
