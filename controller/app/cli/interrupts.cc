#include "controller/app/cli/interrupts.h"

#include <csignal>

namespace flotilla::controller::app {

namespace {

std::atomic<bool> g_raised = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void raise_flag(int) {
  g_raised = true;
}

}  // namespace

Interrupts::Interrupts() {
  g_raised = false;
  std::signal(SIGINT, raise_flag);
  std::signal(SIGTERM, raise_flag);
}

Interrupts::~Interrupts() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

const std::atomic<bool>& Interrupts::raised() const {
  return g_raised;
}

}  // namespace flotilla::controller::app
