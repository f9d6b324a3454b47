#include "edge-client/core/trial_monitor.h"

namespace flotilla::edge {

/// The first sample of a run begins it, so a run of n samples has lasted n - 1 seconds.
TrialVerdict TrialMonitor::judge_running(bool healthy, const TrialTerms& terms) {
  if (healthy) {
    unhealthy_ = 0;
    return healthy_++ >= terms.healthy_for_s ? TrialVerdict::kConfirm : TrialVerdict::kWait;
  }
  const bool lost = healthy_ != 0;
  return lost || unhealthy_++ >= kUnhealthyGraceS ? TrialVerdict::kRevert : TrialVerdict::kWait;
}

bool TrialMonitor::is_over(const TrialTerms& terms) const {
  return samples_ >= (terms.deadline_s == 0 ? kDefaultDeadlineS : terms.deadline_s);
}

TrialVerdict TrialMonitor::observe(const HealthSample& sample, const TrialTerms& terms,
                                   Reason& reason) {
  ++samples_;
  const bool right_image = sample.present && sample.loaded_digest == terms.image;
  if (right_image) {
    reason = Reason::kUnhealthy;
    const TrialVerdict verdict = judge_running(sample.healthy, terms);
    if (verdict != TrialVerdict::kWait) return verdict;
  } else {
    healthy_ = 0;
    unhealthy_ = 0;
  }
  if (!is_over(terms)) return TrialVerdict::kWait;
  const bool wrong_image = sample.present && !right_image;
  reason = wrong_image ? Reason::kHealthWrongDigest : Reason::kHealthTimeout;
  return TrialVerdict::kRevert;
}

}  // namespace flotilla::edge
