#pragma once

#include "edge-client/ports/model_runtime.h"
#include "schemas/base/time.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What a trial must show, from the directive.
struct TrialTerms {
  const Digest& image;
  uint32_t healthy_for_s;
  uint32_t deadline_s;  ///< 0: kDefaultDeadlineS
};

enum class TrialVerdict : uint8_t { kWait, kConfirm, kRevert };

/// Judges the health samples of one trial: healthy without a break for `healthy_for_s` confirms.
/// Unhealthy after having been healthy reverts at once, unhealthy from the beginning after a grace
/// period (models warm up), and the deadline ends everything else. It counts samples, which are
/// taken every kPoll: a device that sleeps in between is judged by the time that it was awake.
class TrialMonitor {
 public:
  static constexpr Duration kPoll = seconds(1);
  static constexpr uint32_t kUnhealthyGraceS = 10;
  static constexpr uint32_t kDefaultDeadlineS = 600;

  void start() { *this = {}; }
  /// `reason` is set with kRevert.
  TrialVerdict observe(const HealthSample& sample, const TrialTerms& terms, Reason& reason);
  bool is_over(const TrialTerms& terms) const;

 private:
  TrialVerdict judge_running(bool healthy, const TrialTerms& terms);

  uint32_t samples_ = 0;
  uint32_t healthy_ = 0;    ///< without a break, up to now
  uint32_t unhealthy_ = 0;  ///< the same
};

}  // namespace flotilla::edge
