#include "simulator/device/application.h"

#include <algorithm>
#include <array>

namespace flotilla::sim {

using edge::HealthSample;
using edge::SelfTestOutcome;
using edge::Slot;

namespace {

constexpr Status kPower{Code::kUnavailable, "the power is off"};
constexpr uint64_t kInferencesBetweenSamples = 100;
constexpr uint64_t kHealthySamples = 100;  ///< of an image that degrades

}  // namespace

Application::Application(const Parts& parts, Events events)
    : parts_(parts), events_(std::move(events)), apps_(parts.models) {}

Digest Application::measure(uint8_t model, Slot slot, const Digest& image) const {
  const ImageFacts* facts = parts_.catalogue.find(image);
  if (facts == nullptr || slot == Slot::kNone) return {};
  RunningDigest digest(parts_.digest);
  std::array<uint8_t, kPageSize> piece;
  for (uint64_t at = 0; at < facts->size; at += piece.size()) {
    const size_t take = static_cast<size_t>(std::min<uint64_t>(piece.size(), facts->size - at));
    parts_.medium.peek(model, slot, at, MutableBytes(piece).first(take));
    digest.update(Bytes(piece).first(take));
  }
  return digest.end();
}

Status Application::store_golden(uint8_t, const Digest& digest, Bytes) {
  const PowerSupply::Verdict verdict = parts_.power.operation();
  if (verdict == PowerSupply::Verdict::kOff) return kPower;
  golden_.insert(digest);
  return verdict == PowerSupply::Verdict::kRun ? ok_status() : kPower;
}

/// A few bits that are not what they were pass any test of behaviour: digests are the device's
/// business.
Status Application::start_self_test(uint8_t model, Slot, const Digest& image, const Digest&) {
  if (parts_.power.is_off()) return kPower;
  const bool passes = parts_.catalogue.quality(image, parts_.device) != Quality::kFailsSelfTest;
  events_.self_test(model, passes ? SelfTestOutcome::kPassed : SelfTestOutcome::kFailed);
  return ok_status();
}

Status Application::activate(uint8_t model, Slot slot, const Digest& image) {
  App& app = apps_[model];
  if (app.link.slot == slot && app.link.image == image) {
    return parts_.power.is_off() ? kPower : ok_status();
  }
  const PowerSupply::Verdict verdict = parts_.power.operation();
  if (verdict == PowerSupply::Verdict::kOff) return kPower;
  // A renamed link: all or nothing.
  if (verdict == PowerSupply::Verdict::kTorn && parts_.power.below(2) == 0) return kPower;
  app.link = {slot, image};
  if (slot != Slot::kNone) events_.activated(model, image, measure(model, slot, image));
  return verdict == PowerSupply::Verdict::kRun ? ok_status() : kPower;
}

void Application::load(App& app, uint8_t model) {
  app.running = app.link.slot != Slot::kNone;
  app.samples = 0;
  app.loaded = app.running ? measure(model, app.link.slot, app.link.image) : Digest{};
  if (app.running && parts_.catalogue.quality(app.loaded, parts_.device) == Quality::kCrashes) {
    events_.crash();
  }
}

Status Application::reload(uint8_t model) {
  if (parts_.power.is_off()) return kPower;
  load(apps_[model], model);
  return ok_status();
}

void Application::boot() {
  for (uint8_t model = 0; model < apps_.size(); ++model) load(apps_[model], model);
}

HealthSample Application::health(uint8_t model) {
  App& app = apps_[model];
  app.inferences += kInferencesBetweenSamples;
  HealthSample sample;
  sample.present = app.running;
  sample.loaded_digest = app.loaded;
  const Quality quality = parts_.catalogue.quality(app.loaded, parts_.device);
  const bool still_good = quality == Quality::kDegrades && app.samples++ < kHealthySamples;
  sample.healthy = app.running && (quality == Quality::kGood || still_good);
  sample.inferences = app.inferences;
  sample.failures = sample.healthy ? 0 : app.inferences / 2;
  sample.latency_p50_us = 800;
  sample.latency_p99_us = 3000;
  return sample;
}

}  // namespace flotilla::sim
