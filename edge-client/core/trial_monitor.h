#pragma once

#include "edge-client/ports/model_runtime.h"
#include "schemas/base/time.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// What a trial must show, from the directive.
struct TrialTerms {
  Digest image;
  Duration healthy_for;
  Duration deadline;
};

enum class TrialVerdict : uint8_t { kWait, kConfirm, kRevert };

/// Judges the health samples of one trial: healthy without a break for `healthy_for` confirms.
/// Unhealthy after having been healthy reverts at once, unhealthy from the beginning after a grace
/// period (models warm up), and the deadline ends everything else.
class TrialMonitor {
 public:
  static constexpr Duration kPoll = seconds(1);
  static constexpr Duration kUnhealthyGrace = seconds(10);
  /// Used when the directive names none.
  static constexpr Duration kDefaultDeadline = seconds(600);

  void start(MonoTime now);
  /// `reason` is set with kRevert.
  TrialVerdict observe(const HealthSample& sample, const TrialTerms& terms, MonoTime now,
                       Reason& reason);
  bool is_over(const TrialTerms& terms, MonoTime now) const;

 private:
  TrialVerdict judge_running(bool healthy, const TrialTerms& terms, MonoTime now);

  MonoTime started_at_;
  MonoTime healthy_since_ = kNever;
  MonoTime unhealthy_since_ = kNever;
};

}  // namespace flotilla::edge
