#include "tests/support/controller_device.h"

#include <tuple>

#include "schemas/protocol/trust.h"

namespace flotilla::testing {
namespace {

constexpr uint32_t kRepeatPolls = 2;

bool is_moving(UpdateState state) {
  return state == UpdateState::kTransferring || state == UpdateState::kStaged ||
         state == UpdateState::kTrial;
}

bool same_state(const ModelState& a, const ModelState& b) {
  return std::tie(a.active_digest, a.state, a.reason, a.rollout, a.directive, a.chunks_done) ==
         std::tie(b.active_digest, b.state, b.reason, b.rollout, b.directive, b.chunks_done);
}

}  // namespace

ScriptedDevice::ScriptedDevice(std::string name, std::string of_class, Hasher& sha256)
    : id(std::move(name)),
      hardware_class(std::move(of_class)),
      claimed_class(hardware_class),
      hasher_(sha256) {}

void ScriptedDevice::hold(const std::string& model, const Digest& image) {
  ModelState& state = models[model];
  state.model = Name(model);
  state.slot_size = 1 << 20;
  state.active_digest = image;
}

void ScriptedDevice::changed() {
  ++order.seq;
  polls_since_send_ = kRepeatPolls;
}

void ScriptedDevice::reboot() {
  ++order.boot_count;
  order.seq = 0;
  changed();
}

void ScriptedDevice::lose_journal(uint64_t incarnation) {
  order = {incarnation, 1, 0};
  for (auto& [name, model] : models) {
    ModelState fresh;
    fresh.model = model.model;
    fresh.slot_size = model.slot_size;
    fresh.active_digest = model.active_digest;
    model = fresh;
  }
  targets_.clear();
  changed();
}

std::optional<controller::StateReported> ScriptedDevice::poll(const Retained& retained) {
  if (silent) return std::nullopt;
  const auto before = models;
  for (auto& [name, model] : models) {
    const auto found = retained.directives.find({hardware_class, name});
    if (found != retained.directives.end()) follow(model, found->second, retained);
  }
  for (const auto& [name, model] : models) {
    if (!same_state(before.at(name), model)) changed();
  }
  if (order.seq == 0) changed();
  if (acknowledged == order) return std::nullopt;
  if (++polls_since_send_ < kRepeatPolls) return std::nullopt;
  polls_since_send_ = 0;
  ++repetitions;
  return report();
}

void ScriptedDevice::follow(ModelState& model, const Directive& directive,
                            const Retained& retained) {
  const DirectivePosition position{directive.epoch, directive.seq};
  const bool covered = in_cohort(directive, cohort_position(hasher_, directive.salt, id), site);
  model.directive = std::max(model.directive, position);
  if (directive.verb != Verb::kHold && covered) obey(model, directive);
  if (is_moving(model.state)) {
    advance(model, directive, retained);
  } else if (directive.verb != Verb::kHold && covered) {
    begin(model, directive);
  }
}

/// What is under way towards another image than the directive's ends.
void ScriptedDevice::obey(ModelState& model, const Directive& directive) {
  const Digest& target = targets_[std::string(model.model.view())];
  if (!is_moving(model.state) || target == directive.image_digest) return;
  const bool trial = model.state == UpdateState::kTrial;
  if (trial && directive.verb != Verb::kRollback) return;
  model.state = trial ? UpdateState::kReverted : UpdateState::kFailed;
  model.reason = trial ? Reason::kOrdered : Reason::kSuperseded;
}

void ScriptedDevice::begin(ModelState& model, const Directive& directive) {
  Digest& target = targets_[std::string(model.model.view())];
  const bool same = model.rollout == directive.rollout && target == directive.image_digest;
  if (model.active_digest == directive.image_digest) {
    target = directive.image_digest;
    model.rollout = directive.rollout;
    model.state = UpdateState::kConfirmed;
    return;
  }
  const bool ended =
      same && model.state != UpdateState::kIdle && model.reason != Reason::kSuperseded;
  if (ended) return;
  target = directive.image_digest;
  model.rollout = directive.rollout;
  model.state = UpdateState::kTransferring;
  model.reason = Reason::kNone;
  model.chunks_done = 0;
  model.chunks_total = 2;
  model.bytes_received = 0;
}

void ScriptedDevice::advance(ModelState& model, const Directive& directive,
                             const Retained& retained) {
  if (model.state == UpdateState::kTrial) return finish(model);
  if (directive.verb == Verb::kHold || stuck) return;
  if (model.state == UpdateState::kStaged) {
    model.state = UpdateState::kTrial;
    return;
  }
  if (ending(directive.image_digest) == Ending::kReject) {
    model.state = UpdateState::kRejected;
    model.reason = Reason::kImageTooLarge;
    return;
  }
  for (const Offer& offer : directive.offers) {
    if (!offer.base_digest.is_none() && offer.base_digest != model.active_digest) continue;
    if (retained.transfers.count(offer.transfer) == 0) return;  // not at rest: keeps asking
    model.transfer = offer.transfer;
    model.bytes_received += 100;
    if (++model.chunks_done == model.chunks_total) model.state = UpdateState::kStaged;
    return;
  }
  model.state = UpdateState::kRejected;
  model.reason = Reason::kNoOffer;
}

/// The active image is the one before the trial until the trial is confirmed.
void ScriptedDevice::finish(ModelState& model) {
  const Digest& target = targets_[std::string(model.model.view())];
  const Ending how = ending(target);
  if (how == Ending::kNeverReturns) {
    silent = true;
  } else if (how == Ending::kConfirm) {
    model.active_digest = target;
    model.state = UpdateState::kConfirmed;
  } else {
    model.state = how == Ending::kRevert ? UpdateState::kReverted : UpdateState::kFailed;
    model.reason = how == Ending::kRevert ? Reason::kUnhealthy : Reason::kDigestMismatch;
  }
}

Ending ScriptedDevice::ending(const Digest& image) const {
  const auto found = endings.find(image);
  return found == endings.end() ? Ending::kConfirm : found->second;
}

controller::StateReported ScriptedDevice::report() const {
  controller::StateReported out;
  out.device = id;
  out.report.device = DeviceId(id);
  out.report.hardware_class = Name(claimed_class);
  out.report.order = order;
  out.report.software = FixedString<32>("scripted 1");
  for (const auto& [name, model] : models) {
    if (!out.report.models.push_back(model)) break;
    if (model.state == UpdateState::kConfirmed || model.state == UpdateState::kReverted)
      out.attestations[name] = "attestation of " + id;
  }
  return out;
}

controller::HealthReported ScriptedDevice::health() const {
  controller::HealthReported out;
  out.device = id;
  out.report.device = DeviceId(id);
  out.report.order = order;
  return out;
}

}  // namespace flotilla::testing
