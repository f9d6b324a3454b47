#pragma once

#include <string>

#include "edge-client/adapters/posix.h"

namespace flotilla::edge {

/// Exclusive use of a state folder for as long as the object lives, also after kill -9: the lock is
/// the kernel's (flock on STATE_DIR/lock), not a file that somebody must remove.
class StateLock {
 public:
  /// kAlreadyExists when another process holds it; holder() then names it.
  Status acquire(const std::string& state_folder);
  const std::string& holder() const { return holder_; }

 private:
  Fd file_;
  std::string holder_;
};

}  // namespace flotilla::edge
