#include "controller/app/clocks.h"

#include <chrono>

namespace flotilla::controller::app {

namespace {

template <typename Clock>
int64_t milliseconds_of() {
  const auto since = Clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace

WallTime wall_now() {
  return WallTime{milliseconds_of<std::chrono::system_clock>()};
}

MonoTime mono_now() {
  return MonoTime{milliseconds_of<std::chrono::steady_clock>()};
}

}  // namespace flotilla::controller::app
