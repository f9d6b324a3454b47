#pragma once

#include <atomic>

namespace flotilla::controller::app {

/// While it lives, SIGINT and SIGTERM raise a flag instead of ending the process, so that a verb
/// can tidy up. One at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  const std::atomic<bool>& raised() const;
};

}  // namespace flotilla::controller::app
