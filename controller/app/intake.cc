#include "controller/app/intake.h"

#include <algorithm>
#include <memory>

#include "controller/artifact/aligned.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::app {

namespace {

constexpr Duration kComplaintInterval = seconds(10);

OrderedRelease ordered_release(const ControlPlane& plane, const std::string& model,
                               uint32_t version, const Digest& release) {
  OrderedRelease out{release, {}};
  const auto versions = plane.models().find(model);
  if (versions == plane.models().end()) return out;
  const auto found = versions->second.find(version);
  if (found == versions->second.end()) return out;
  for (const Variant& variant : found->second.variants) {
    if (variant.release_digest == release) out.golden = variant.golden_digest;
  }
  return out;
}

/// Releases that the rollout ordered for the device's class.
std::vector<OrderedRelease> ordered_releases(const ControlPlane& plane, uint32_t id,
                                             const std::string& hardware_class) {
  const auto found = plane.rollouts().find(id);
  if (found == plane.rollouts().end()) return {};
  const Rollout& rollout = found->second;
  for (const RolloutTarget& target : rollout.targets) {
    if (target.hardware_class != hardware_class) continue;
    return {
        ordered_release(plane, rollout.model, rollout.version, target.release_digest),
        ordered_release(plane, rollout.model, target.previous_version, target.previous_release)};
  }
  return {};
}

/// What a device may go back to of itself when what it runs is revoked: nobody ordered it today,
/// and somebody released it once.
std::vector<OrderedRelease> releases_of(const ControlPlane& plane, const std::string& model,
                                        const std::string& hardware_class) {
  std::vector<OrderedRelease> out;
  const auto versions = plane.models().find(model);
  if (versions == plane.models().end()) return out;
  for (const auto& [number, version] : versions->second) {
    for (const Variant& variant : version.variants) {
      if (variant.hardware_class == hardware_class && !variant.release_digest.is_none())
        out.push_back({variant.release_digest, variant.golden_digest});
    }
  }
  return out;
}

/// The model's attestation that was verified; empty: there is none.
std::string on_record(const Device& device, const std::string& model) {
  const auto found = device.models.find(model);
  const bool is_valid = found != device.models.end() && found->second.attestation_valid;
  return is_valid ? found->second.attestation : "";
}

AttestationClaim make_claim(const Device& device, const StateReport& report,
                            const ModelState& state, const ControlPlane& plane) {
  AttestationClaim claim;
  claim.device = report.device;
  claim.public_key = device.public_key;
  claim.report_order = report.order;
  claim.reported = state;
  claim.reported.attestation = {};
  const std::string model(state.model.view());
  claim.releases = state.rollout == 0
                       ? releases_of(plane, model, device.hardware_class)
                       : ordered_releases(plane, state.rollout, device.hardware_class);
  claim.attestation = as_text(state.attestation);
  claim.on_record = on_record(device, model);
  claim.signature_known = !claim.on_record.empty() && claim.on_record == claim.attestation;
  return claim;
}

}  // namespace

/// A decoded report, free of borrowed bytes, and what has to be proven of it.
struct Intake::Inspection {
  StateReported event;
  std::vector<AttestationClaim> claims;

  /// Number of claims that did not hold.
  uint64_t settle(Hasher& hasher, const SignatureVerifier& verifier) {
    uint64_t refused = 0;
    for (const AttestationClaim& claim : claims) {
      const auto attested = check_attestation(hasher, verifier, claim);
      if (!attested.ok()) {
        ++refused;
        continue;
      }
      const std::string model(claim.reported.model.view());
      const bool is_known = is_same_content(claim.attestation, claim.on_record);
      event.attestations[model] = is_known ? claim.on_record : claim.attestation;
      const Attestation& value = attested.value();
      if (value.outcome == UpdateState::kConfirmed)
        event.confirmed[model] = {value.release_digest, value.golden_digest, value.engine_digest};
    }
    return refused;
  }
};

std::optional<Event> Intake::drop(uint64_t& counter, const std::string& topic, const char* reason) {
  ++counter;
  if (now_ >= complained_ + kComplaintInterval) {
    complained_ = now_;
    parts_.complain(topic, reason);
  }
  return std::nullopt;
}

std::optional<Event> Intake::read(const BrokerMessage& message, const ControlPlane& plane,
                                  WallTime now) {
  now_ = now;
  const ParsedTopic topic = parse_topic(parts_.topics, message.topic);
  if (topic.kind != TopicKind::kState && topic.kind != TopicKind::kHealth) {
    return drop(counters_.bad_topic, message.topic, "not a topic of devices");
  }
  if (topic.shard != device_shard(parts_.hasher, topic.device)) {
    return drop(counters_.bad_topic, message.topic, "the shard is not the device's");
  }
  if (topic.kind == TopicKind::kHealth) return read_health(message, topic.device);
  return read_state(message, topic.device, plane);
}

std::optional<Event> Intake::read_health(const BrokerMessage& message, std::string_view device) {
  if (message.payload.size() > kMaxHealthReport) {
    return drop(counters_.bad_message, message.topic, "the health report is too large");
  }
  const AlignedCopy bytes(as_bytes(message.payload));
  const auto decoded = wire::decode_health_report(bytes.view());
  if (!decoded.ok()) {
    return drop(counters_.bad_message, message.topic, decoded.status().reason());
  }
  if (decoded.value().device.view() != device) {
    return drop(counters_.bad_message, message.topic, "it names another device than its topic");
  }
  return HealthReported{std::string(device), decoded.value()};
}

std::optional<Event> Intake::read_state(const BrokerMessage& message, std::string_view device,
                                        const ControlPlane& plane) {
  if (message.payload.size() > kMaxStateReport) {
    return drop(counters_.bad_message, message.topic, "the state report is too large");
  }
  const AlignedCopy bytes(as_bytes(message.payload));
  const auto decoded = wire::decode_state_report(bytes.view());
  if (!decoded.ok()) {
    return drop(counters_.bad_message, message.topic, decoded.status().reason());
  }
  Inspection inspection;
  inspection.event = {std::string(device), decoded.value(), {}};
  if (decoded.value().device.view() != device) {
    return drop(counters_.bad_message, message.topic, "it names another device than its topic");
  }
  const auto known = plane.devices().find(inspection.event.device);
  if (known == plane.devices().end()) ++counters_.unknown_device;
  for (ModelState& state : inspection.event.report.models) {
    if (known != plane.devices().end() && !state.attestation.empty()) {
      inspection.claims.push_back(make_claim(known->second, decoded.value(), state, plane));
    }
    state.attestation = {};
  }
  return inspect(std::move(inspection));
}

std::optional<Event> Intake::inspect(Inspection inspection) {
  const bool is_cheap = std::all_of(inspection.claims.begin(), inspection.claims.end(),
                                    [](const auto& claim) { return claim.signature_known; });
  if (is_cheap) {
    counters_.bad_attestation += inspection.settle(parts_.hasher, parts_.verifier);
    return std::move(inspection.event);
  }
  const auto job = std::make_shared<Inspection>(std::move(inspection));
  const bool taken = parts_.submit(
      [job, &hasher = parts_.hasher, &verifier = parts_.verifier, push = parts_.push] {
        const uint64_t refused = job->settle(hasher, verifier);
        push(Fact{std::move(job->event), refused});
      });
  if (!taken) ++counters_.workers_busy;
  return std::nullopt;
}

}  // namespace flotilla::controller::app
