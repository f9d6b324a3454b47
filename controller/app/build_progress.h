#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "controller/app/log.h"
#include "controller/artifact/delta/encode_delta.h"

namespace flotilla::controller::app {

/// Logs how far the payloads of one rollout and class are, at most once in ten seconds. Usable from
/// several threads.
class BuildProgress {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kInterval{10};

  BuildProgress(LogSink log, uint32_t rollout, std::string hardware_class, Clock::time_point now)
      : log_(std::move(log)),
        rollout_(rollout),
        hardware_class_(std::move(hardware_class)),
        last_(now) {}

  void show(const EncodeProgress& progress, Clock::time_point now);

 private:
  LogSink log_;
  uint32_t rollout_;
  std::string hardware_class_;
  std::mutex mutex_;
  Clock::time_point last_;
};

}  // namespace flotilla::controller::app
