#include "simulator/load/swarm/application.h"

#include <utility>

namespace flotilla::sim {

using edge::SelfTestOutcome;
using edge::Slot;

namespace {

constexpr uint64_t kInferencesBetweenSamples = 100;

}  // namespace

Digest Application::measure(Slot slot) {
  return storage_.measure(slot, [this](Bytes image) { return crypto_.sha256({image}); });
}

Status Application::start_self_test(uint8_t, Slot slot, const Digest& image, const Digest&) {
  self_test_passes_ = measure(slot) == image;
  self_test_due_ = true;
  return ok_status();
}

bool Application::take_self_test(SelfTestOutcome& outcome) {
  outcome = self_test_passes_ ? SelfTestOutcome::kPassed : SelfTestOutcome::kFailed;
  return std::exchange(self_test_due_, false);
}

Status Application::activate(uint8_t, Slot slot, const Digest&) {
  active_ = slot;
  return ok_status();
}

Status Application::reload(uint8_t) {
  loaded_ = measure(active_);
  if (first_.is_none()) first_ = loaded_;
  crash_due_ = conduct_ == Conduct::kCrashes && has_update();
  return ok_status();
}

void Application::boot() {
  self_test_due_ = false;
  (void)reload(0);
}

bool Application::take_crash() {
  return std::exchange(crash_due_, false);
}

edge::HealthSample Application::health(uint8_t) {
  inferences_ += kInferencesBetweenSamples;
  edge::HealthSample sample;
  sample.present = active_ != Slot::kNone;
  sample.loaded_digest = loaded_;
  sample.healthy = sample.present && !(conduct_ == Conduct::kReverts && has_update());
  sample.inferences = inferences_;
  sample.failures = sample.healthy ? 0 : inferences_ / 2;
  sample.latency_p50_us = 800;
  sample.latency_p99_us = 3000;
  return sample;
}

}  // namespace flotilla::sim
