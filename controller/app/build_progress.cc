#include "controller/app/build_progress.h"

namespace flotilla::controller::app {

void BuildProgress::show(const EncodeProgress& progress, Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (now - last_ < kInterval) return;
    last_ = now;
  }
  log_(LogLevel::kInfo, "build_progress",
       {{"rollout", std::to_string(rollout_)},
        {"class", hardware_class_},
        {"step", progress.step},
        {"done", std::to_string(progress.done)},
        {"total", std::to_string(progress.total)}});
}

}  // namespace flotilla::controller::app
