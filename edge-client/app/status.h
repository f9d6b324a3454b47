#pragma once

#include "edge-client/app/config.h"

namespace flotilla::edge {

/// Prints, for each configured model, which slot is active and the measured digest of its file.
/// Needs no running daemon and disturbs none. The exit status: 1 when a file cannot be read.
int print_status(const DaemonConfig& config);

}  // namespace flotilla::edge
