#include <array>

#include "edge-client/agent/agent.h"
#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

/// Largest subscription identifier (MQTT 5.0 section 3.8.2.1.2).
constexpr uint32_t kMaxSubscriptionId = 268'435'455;

constexpr Status kOffline{Code::kUnavailable, "not connected"};

bool try_later(Status status) {
  return status.code() == Code::kResourceExhausted;
}

}  // namespace

// ---- standing subscriptions

/// Acknowledgements and commands first: they answer the report that follows.
Topic Agent::standing_filter(size_t index) const {
  const std::string_view hardware_class = config_.device.hardware_class.view();
  if (index == 0) return topics_.acknowledgement(config_.device.device.view());
  if (index == 1) return topics_.device_directive(config_.device.device.view());
  if (index == 2) return topics_.keyset(hardware_class);
  return topics_.class_directive(hardware_class,
                                 config_.device.models[index - kFixedFilters].view());
}

/// True when all of them are queued, so that they precede whatever is published next.
bool Agent::pump_standing() {
  const size_t count = kFixedFilters + config_.device.models.size();
  for (; standing_next_ < count; ++standing_next_) {
    const Topic filter = standing_filter(standing_next_);
    const Result<uint16_t> sent = session_.subscribe(filter.view(), 0, now_);
    if (try_later(sent.status())) return false;
    if (!sent.ok()) {
      refused(filter.view(), 0);
      continue;
    }
    standing_ids_[standing_next_] = sent.value();
  }
  return true;
}

/// The controller knows of newer directives than have arrived: a repeated subscription makes the
/// broker repeat the retained ones.
void Agent::ask_for_directives() {
  if (!standing_done_ || !device_.directive_missing() || now_ < directives_at_) return;
  standing_next_ = kFixedFilters;
  directives_at_ = now_ + kDirectiveInterval;
}

void Agent::on_subscribed(uint16_t packet_id, uint8_t reason_code) {
  const bool granted = reason_code < 0x80;
  for (size_t i = 0; i < standing_ids_.size(); ++i) {
    if (standing_ids_[i] != packet_id) continue;
    standing_ids_[i] = 0;
    if (!granted) refused(standing_filter(i).view(), reason_code);
    return;
  }
  for (const WantedFilter* filter : {&offer_, &group_}) {
    if (!granted && filter->is_answer(packet_id)) refused(filter->topic().view(), reason_code);
  }
}

void Agent::on_unsubscribed(uint16_t, uint8_t) {}

// ---- what waits for room in the session

void Agent::pump() {
  if (pumping_ || link_ != Link::kOnline) return;
  pumping_ = true;
  ask_for_directives();
  const bool standing = pump_standing();
  if (standing && !standing_done_) {
    standing_done_ = true;
    device_.on_connected(now_);
  }
  if (standing_done_) {
    pump_parts();
    pump_reports();
  }
  pumping_ = false;
}

void Agent::pump_parts() {
  for (WantedFilter* filter : {&offer_, &group_}) {
    const Status status = filter->pump(session_, use_ids_, now_);
    if (!status.ok() && !try_later(status)) refused(filter->topic().view(), 0);
  }
}

void Agent::pump_reports() {
  const Status state = state_.pump(session_, state_topic_.view(), now_);
  if (!state.ok() && !try_later(state)) refused(state_topic_.view(), 0);
  const Status health = health_.pump(session_, health_topic_.view(), now_);
  if (!health.ok() && !try_later(health)) refused(health_topic_.view(), 0);
}

void Agent::on_published(uint16_t packet_id, uint8_t reason_code) {
  const bool accepted = reason_code < 0x80;
  if (state_.on_published(packet_id) && !accepted) refused(state_topic_.view(), reason_code);
  if (health_.on_published(packet_id) && !accepted) refused(health_topic_.view(), reason_code);
}

void Agent::refused(std::string_view topic, uint8_t reason_code) {
  ++counters_.refused;
  if (observer_ != nullptr) observer_->on_refused(topic, reason_code);
}

// ---- the device's requests

uint32_t Agent::fresh_subscription_id() {
  last_subscription_id_ = last_subscription_id_ % kMaxSubscriptionId + 1;
  return last_subscription_id_;
}

Status Agent::request_offer(TransferId transfer) {
  if (!announced()) return kOffline;
  offer_.ask({transfer, 0}, fresh_subscription_id());
  pump();
  return ok_status();
}

Status Agent::request_group(TransferId transfer, uint32_t group) {
  if (!announced()) return kOffline;
  group_.ask({transfer, group}, fresh_subscription_id());
  pump();
  return ok_status();
}

Status Agent::release_offer(TransferId transfer) {
  if (!announced()) return kOffline;
  offer_.release({transfer, 0});
  pump();
  return ok_status();
}

Status Agent::release_group(TransferId transfer, uint32_t group) {
  if (!announced()) return kOffline;
  group_.release({transfer, group});
  pump();
  return ok_status();
}

Status Agent::send_state(const StateReport& report) {
  if (observer_ != nullptr) observer_->on_report(report);
  if (!announced()) return kOffline;
  const MutableBytes out = state_.begin();
  if (out.empty()) return {Code::kUnavailable, "the last report is still in flight"};
  const Result<size_t> size = encoder_.state_report(report, out);
  if (!size.ok()) ++counters_.unsent;
  FLOTILLA_TRY(size.status());
  state_.commit(size.value());
  pump();
  return ok_status();
}

Status Agent::send_health(const HealthReport& report) {
  if (!announced()) return kOffline;
  const MutableBytes out = health_.begin();
  if (out.empty()) return {Code::kUnavailable, "the last report is still in flight"};
  const Result<size_t> size = encoder_.health_report(report, out);
  if (!size.ok()) ++counters_.unsent;
  FLOTILLA_TRY(size.status());
  health_.commit(size.value());
  pump();
  return ok_status();
}

Result<size_t> Agent::attest(const Attestation& attestation, MutableBytes out) {
  alignas(8) std::array<uint8_t, kMaxAttestation> body;
  const Result<size_t> size = encoder_.attestation(attestation, body);
  FLOTILLA_TRY(size.status());
  Envelope envelope;
  envelope.kind = SignedKind::kAttestation;
  envelope.signed_bytes = Bytes(body).first(size.value());
  const Digest digest =
      signing_digest(ports_.crypto, SignedKind::kAttestation, envelope.signed_bytes);
  const Result<SignatureBytes> signature = ports_.signer.sign(digest);
  FLOTILLA_TRY(signature.status());
  SignatureView view;
  view.key_id = ports_.signer.key_id();
  view.bytes = signature.value();
  FLOTILLA_ASSERT(envelope.signatures.push_back(view));
  return encoder_.envelope(envelope, out);
}

}  // namespace flotilla::edge
