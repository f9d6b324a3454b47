#pragma once

#include <csignal>

#include "edge-client/adapters/posix.h"

namespace flotilla::edge {

/// Signals as a readable descriptor: SIGTERM and SIGINT ask to stop, SIGCHLD tells that a hook
/// ended. SIGPIPE and SIGXFSZ are ignored: the calls report them. Make one before any hook starts.
class SignalSource {
 public:
  SignalSource();

  int fd() const { return fd_.get(); }
  /// Takes what has arrived; true when the process shall stop.
  bool take();

 private:
  Fd fd_;
};

}  // namespace flotilla::edge
