#pragma once

#include "controller/app/cli/session.h"

namespace flotilla::controller::app {

/// Posts `body` again and again while the server answers that a version is under way, and shows how
/// far it is. None: it was refused, which was told.
std::optional<api::Json> call_until_done(Session& session, const std::string& path,
                                         const api::Json& body);

}  // namespace flotilla::controller::app
