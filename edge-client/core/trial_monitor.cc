#include "edge-client/core/trial_monitor.h"

namespace flotilla::edge {

void TrialMonitor::start(MonoTime now) {
  started_at_ = now;
  healthy_since_ = kNever;
  unhealthy_since_ = kNever;
}

TrialVerdict TrialMonitor::judge_running(bool healthy, const TrialTerms& terms, MonoTime now) {
  if (healthy) {
    unhealthy_since_ = kNever;
    if (healthy_since_ == kNever) healthy_since_ = now;
    return now - healthy_since_ >= terms.healthy_for ? TrialVerdict::kConfirm : TrialVerdict::kWait;
  }
  if (healthy_since_ != kNever) return TrialVerdict::kRevert;
  if (unhealthy_since_ == kNever) unhealthy_since_ = now;
  return now - unhealthy_since_ >= kUnhealthyGrace ? TrialVerdict::kRevert : TrialVerdict::kWait;
}

bool TrialMonitor::is_over(const TrialTerms& terms, MonoTime now) const {
  const Duration deadline = terms.deadline.ms == 0 ? kDefaultDeadline : terms.deadline;
  return now - started_at_ >= deadline;
}

TrialVerdict TrialMonitor::observe(const HealthSample& sample, const TrialTerms& terms,
                                   MonoTime now, Reason& reason) {
  const bool right_image = sample.present && sample.loaded_digest == terms.image;
  if (right_image) {
    const TrialVerdict verdict = judge_running(sample.healthy, terms, now);
    if (verdict == TrialVerdict::kRevert) reason = Reason::kUnhealthy;
    if (verdict != TrialVerdict::kWait) return verdict;
  } else {
    healthy_since_ = kNever;
    unhealthy_since_ = kNever;
  }
  if (!is_over(terms, now)) return TrialVerdict::kWait;
  const bool wrong_image = sample.present && !right_image;
  reason = wrong_image ? Reason::kHealthWrongDigest : Reason::kHealthTimeout;
  return TrialVerdict::kRevert;
}

}  // namespace flotilla::edge
