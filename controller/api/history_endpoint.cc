#include <cstring>

#include "controller/api/checkpoint.h"
#include "controller/api/endpoints.h"
#include "controller/api/views.h"
#include "controller/artifact/proof/proof_bundle.h"
#include "controller/domain/names.h"
#include "controller/domain/record_codec.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxHistory = 1000;
constexpr const char* kAttested = "device.attested";

/// An entry and its canonical bytes.
struct Found {
  AuditEntry entry;
  std::string bytes;
};

/// The newest entries about an object, oldest first.
Status read_about(const Call& call, const std::string& object, bool below,
                  std::vector<Found>& out) {
  std::vector<uint64_t> numbers;
  FLOTILLA_TRY(find_audit(call.around.store, object, below, kMaxHistory, numbers));
  for (const uint64_t number : numbers) {
    std::vector<std::string> bytes;
    FLOTILLA_TRY(read_audit_bytes(call.around.store, number, 1, bytes));
    if (bytes.empty()) return {Code::kDataLoss, "an audit entry that was found is gone"};
    Found found;
    FLOTILLA_TRY(decode(bytes[0], found.entry));
    found.bytes = std::move(bytes[0]);
    out.push_back(std::move(found));
  }
  return ok_status();
}

std::optional<Attestation> attestation_of(const AuditEntry& entry) {
  std::vector<uint64_t> words(entry.evidence.size() / sizeof(uint64_t) + 1);
  if (!entry.evidence.empty())
    std::memcpy(words.data(), entry.evidence.data(), entry.evidence.size());
  const auto decoded = wire::decode_attestation(
      {reinterpret_cast<const uint8_t*>(words.data()), entry.evidence.size()});
  if (!decoded.ok()) return std::nullopt;
  return decoded.value().value;
}

/// A version whose image for the class is this one.
struct Origin {
  const ModelVersion* version = nullptr;
  const Variant* variant = nullptr;
};

/// `release` wins over others with the same image; else the newest.
Origin find_origin(const ControlPlane& plane, const std::string& model,
                   const std::string& hardware_class, const Digest& image, const Digest& release) {
  Origin out;
  const auto versions = plane.models().find(model);
  if (versions == plane.models().end()) return out;
  for (const auto& [number, version] : versions->second) {
    for (const Variant& variant : version.variants) {
      if (variant.hardware_class != hardware_class || variant.image_digest != image) continue;
      if (out.variant == nullptr || out.variant->release_digest != release)
        out = {&version, &variant};
    }
  }
  return out;
}

Json state_json(const ControlPlane& plane, const Device& device, const AuditEntry& entry,
                const Attestation& attested) {
  const std::string model(attested.model.view());
  const Origin origin = find_origin(plane, model, device.hardware_class, attested.measured_digest,
                                    attested.release_digest);
  return {{"entry", entry.number},
          {"time", time_json(entry.time)},
          {"model", model},
          {"outcome", state_name(attested.outcome)},
          {"rollout", attested.rollout},
          {"image", digest_json(attested.measured_digest)},
          {"version", origin.version == nullptr ? Json() : Json(origin.version->version)},
          {"label", origin.version == nullptr ? Json() : Json(origin.version->label)}};
}

/// States and other events of a device until `at`, from the log.
Status read_history(const Call& call, const Device& device, const std::string& model, WallTime at,
                    Json& states, Json& events) {
  std::vector<Found> found;
  FLOTILLA_TRY(read_about(call, "device/" + device.id, false, found));
  for (const Found& one : found) {
    if (one.entry.time <= at) events.push_back(audit_json(one.entry));
  }
  found.clear();
  FLOTILLA_TRY(read_about(call, "device/" + device.id, true, found));
  for (const Found& one : found) {
    const auto attested = attestation_of(one.entry);
    if (!attested || one.entry.time > at) continue;
    if (!model.empty() && attested->model.view() != model) continue;
    states.push_back(state_json(call.plane, device, one.entry, *attested));
  }
  return ok_status();
}

Response no_proof(std::string message, std::string remedy) {
  return problem({Code::kFailedPrecondition, std::move(message), std::move(remedy)});
}

/// Gathers a bundle; what is missing ends it with an answer.
class BundleMaker {
 public:
  BundleMaker(const Call& call, const Device& device, std::string model, WallTime at)
      : call_(call), device_(device), model_(std::move(model)), at_(at) {}

  Response make() {
    if (auto fault = find_outcome()) return *fault;
    if (auto fault = find_release()) return *fault;
    if (auto fault = find_key()) return *fault;
    if (auto fault = find_entry("model/" + model_ + "/" + std::to_string(origin_.version->version),
                                "version.registered", parts_.version)) {
      return *fault;
    }
    if (auto fault = find_entry("rollout/" + std::to_string(attested_.rollout), "rollout.draft",
                                parts_.rollout)) {
      return *fault;
    }
    if (auto fault = prove_all()) return *fault;
    Json body = state_json(call_.plane, device_, outcome_, attested_);
    body["device"] = device_.id;
    body["bundle"] = hex_text(as_bytes(proof::write_bundle(parts_)));
    return json_response(200, body);
  }

 private:
  using Fault = std::optional<Response>;

  Fault not_read(Status status) {
    return problem(refusal_of(status, "inspect the server's state folder"));
  }

  /// The device's newest word until `at`, and the one after it.
  Fault find_outcome() {
    std::vector<Found> found;
    const Status read =
        read_about(call_, "device/" + device_.id + "/model/" + model_, false, found);
    if (!read.ok()) return not_read(read);
    for (Found& one : found) {
      if (one.entry.action != kAttested) continue;
      if (one.entry.time <= at_) {
        outcome_ = one.entry;
        parts_.outcome.bytes = std::move(one.bytes);
      } else {
        parts_.next = proof::ProvenEntry{"", std::move(one.bytes)};
        break;
      }
    }
    const auto attested = attestation_of(outcome_);
    if (!attested) {
      return no_proof(
          "device " + device_.id + " had attested nothing about " + model_ + " by then",
          "flotilla device history " + device_.id + " shows what it attested, and when");
    }
    attested_ = *attested;
    return std::nullopt;
  }

  Fault find_release() {
    origin_ = find_origin(call_.plane, model_, device_.hardware_class, attested_.measured_digest,
                          attested_.release_digest);
    if (origin_.variant == nullptr) {
      return no_proof("what ran was no version of " + model_ + " that is registered here",
                      "register it, or choose another time");
    }
    parts_.release = origin_.variant->release_envelope;
    parts_.document = origin_.version->document;
    return std::nullopt;
  }

  Fault find_key() {
    std::vector<Found> found;
    const Status read = read_about(call_, "device/" + device_.id, false, found);
    if (!read.ok()) return not_read(read);
    for (Found& one : found) {
      if (one.entry.number >= outcome_.number) break;
      const bool has_key = one.entry.detail.find("key ") != std::string::npos;
      if (one.entry.action == "device.enrolled" && has_key) {
        parts_.enrolment.bytes = std::move(one.bytes);
        parts_.new_key.reset();
      } else if (one.entry.action == "device.changed" && has_key) {
        parts_.new_key = proof::ProvenEntry{"", std::move(one.bytes)};
      }
    }
    if (!parts_.enrolment.bytes.empty()) return std::nullopt;
    return no_proof("the log does not name the key of device " + device_.id +
                        ": it was enrolled by an older release",
                    "retire it and enrol it again; what it attests from then on can be proven");
  }

  Fault find_entry(const std::string& object, const char* action, proof::ProvenEntry& out) {
    std::vector<Found> found;
    const Status read = read_about(call_, object, false, found);
    if (!read.ok()) return not_read(read);
    for (Found& one : found) {
      if (one.entry.action != action) continue;
      out.bytes = std::move(one.bytes);
      return std::nullopt;
    }
    return no_proof("the log has no " + std::string(action) + " of " + object,
                    "without it nothing can be proven");
  }

  Fault prove(const SignedCheckpoint& checkpoint, proof::ProvenEntry& entry) {
    AuditEntry decoded;
    Status status = decode(entry.bytes, decoded);
    if (!status.ok()) return not_read(status);
    auto path = audit_tree::inclusion_path(call_.around.store, call_.around.hasher, decoded.number,
                                           checkpoint.value.head.size);
    if (!path.ok()) return not_read(path.status());
    entry.path = std::move(path.value());
    return std::nullopt;
  }

  Fault prove_all() {
    std::optional<Refusal> why;
    const SignedCheckpoint* checkpoint = fresh_checkpoint(call_, why);
    if (checkpoint == nullptr) return problem(*why);
    parts_.keyset = keyset_in_force(call_);
    parts_.checkpoint = checkpoint->envelope;
    std::vector<proof::ProvenEntry*> all = {&parts_.enrolment, &parts_.version, &parts_.rollout,
                                            &parts_.outcome};
    if (parts_.new_key) all.push_back(&*parts_.new_key);
    if (parts_.next) all.push_back(&*parts_.next);
    for (proof::ProvenEntry* entry : all) {
      if (Fault fault = prove(*checkpoint, *entry)) return fault;
    }
    return std::nullopt;
  }

  const Call& call_;
  const Device& device_;
  const std::string model_;
  const WallTime at_;
  AuditEntry outcome_;
  Attestation attested_;
  Origin origin_;
  proof::BundleParts parts_;
};

std::string model_query(const Call& call) {
  const auto found = call.request.query.find("model");
  return found == call.request.query.end() ? "" : found->second;
}

/// The device and the instant of a request, or the answer that refuses them.
const Device* read_subject(const Call& call, WallTime& at, std::optional<Response>& fault) {
  const std::string& id = call.parameters.at("id");
  const auto found = call.plane.devices().find(id);
  if (found == call.plane.devices().end()) {
    fault = not_found("device", id, "devices: flotilla device list");
    return nullptr;
  }
  uint64_t at_ms = static_cast<uint64_t>(kMaxWallTimeMs);
  if (!read_query_number(call, "at_ms", 0, at_ms, at_ms, fault)) return nullptr;
  at.ms = static_cast<int64_t>(at_ms);
  return &found->second;
}

}  // namespace

Response get_device_history(const Call& call) {
  WallTime at;
  std::optional<Response> fault;
  const Device* device = read_subject(call, at, fault);
  if (device == nullptr) return *fault;
  Json states = Json::array(), events = Json::array();
  const Status read = read_history(call, *device, model_query(call), at, states, events);
  if (!read.ok()) return problem(refusal_of(read, "inspect the server's state folder"));
  return json_response(200, {{"device", device->id},
                             {"hardware_class", device->hardware_class},
                             {"site", device->site},
                             {"states", std::move(states)},
                             {"events", std::move(events)}});
}

Response get_device_proof(const Call& call) {
  WallTime at;
  std::optional<Response> fault;
  const Device* device = read_subject(call, at, fault);
  if (device == nullptr) return *fault;
  std::string model = model_query(call);
  if (model.empty() && device->models.size() == 1) model = device->models.begin()->first;
  if (model.empty()) {
    return problem({Code::kInvalidArgument, "query model is missing",
                    "name one of the device's models: flotilla device show " + device->id});
  }
  return BundleMaker(call, *device, std::move(model), at).make();
}

}  // namespace flotilla::controller::api
