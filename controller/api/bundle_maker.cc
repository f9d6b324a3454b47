#include "controller/api/bundle_maker.h"

#include <algorithm>

#include "controller/api/checkpoint.h"
#include "controller/api/endpoints.h"
#include "controller/api/log_reader.h"
#include "controller/api/views.h"
#include "controller/artifact/proof/proof_bundle.h"
#include "controller/domain/log_words.h"
#include "controller/domain/record_codec.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::api {

namespace {

constexpr const char* kAttested = "device.attested";

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
    if (auto fault = find_entry(version_object(), "version.registered", parts_.version))
      return *fault;
    if (auto fault = find_order()) return *fault;
    if (auto fault = find_trust()) return *fault;
    if (auto fault = find_consents()) return *fault;
    if (auto fault = prove_all()) return *fault;
    Json body = state_json(call_.plane, device_, outcome_, attested_);
    body["device"] = device_.id;
    body["bundle"] = hex_text(as_bytes(proof::write_bundle(parts_)));
    return json_response(200, body);
  }

 private:
  using Fault = std::optional<Response>;

  std::string version_object() const {
    return "model/" + model_ + "/" + std::to_string(origin_.version->version);
  }

  Fault not_read(Status status) {
    return problem(refusal_of(status, "inspect the server's state folder"));
  }

  /// The device's newest word until `at`, and the one after it.
  Fault find_outcome() {
    const std::string object = "device/" + device_.id + "/model/" + model_;
    const Status read = walk_about(call_, object, UINT64_MAX, [&](Found& one) {
      if (one.entry.action != kAttested) return true;
      const bool is_it = one.entry.time <= at_;
      if (is_it) outcome_ = one.entry;
      (is_it ? parts_.outcome : parts_.next.emplace()).bytes = std::move(one.bytes);
      return !is_it;
    });
    if (!read.ok()) return not_read(read);
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

  /// However much was said of the device since it was enrolled.
  Fault find_key() {
    const std::string object = "device/" + device_.id;
    const Status read = walk_about(call_, object, outcome_.number, [&](Found& one) {
      PublicKey key;
      if (!log_words::read_device_key(one.entry, key)) return true;
      const bool enrolled = one.entry.action == "device.enrolled";
      if (enrolled)
        parts_.enrolment.bytes = std::move(one.bytes);
      else if (!parts_.new_key)
        parts_.new_key = proof::ProvenEntry{"", std::move(one.bytes)};
      return !enrolled;
    });
    if (!read.ok()) return not_read(read);
    if (!parts_.enrolment.bytes.empty()) return std::nullopt;
    return no_proof("the log does not name the key of device " + device_.id +
                        ": it was enrolled by an older release",
                    "retire it and enrol it again; what it attests from then on can be proven");
  }

  Fault find_entry(const std::string& object, const char* action, proof::ProvenEntry& out) {
    const Status read = walk_about(call_, object, UINT64_MAX, [&](Found& one) {
      if (one.entry.action == action) out.bytes = std::move(one.bytes);
      return true;
    });
    if (!read.ok()) return not_read(read);
    if (!out.bytes.empty()) return std::nullopt;
    return no_proof("the log has no " + std::string(action) + " of " + object,
                    "without it nothing can be proven");
  }

  /// What the device obeyed: a rollout, or a revocation that let it go back by itself.
  Fault find_order() {
    if (attested_.rollout != 0) {
      return find_entry("rollout/" + std::to_string(attested_.rollout), "rollout.draft",
                        parts_.rollout);
    }
    std::vector<Found> found;
    const Status read = read_about(call_, "model/" + model_, true, found);
    if (!read.ok()) return not_read(read);
    const std::string about = "class " + origin_.variant->hardware_class + ":";
    for (; !found.empty(); found.pop_back()) {
      const AuditEntry& entry = found.back().entry;
      const bool is_it = entry.action == "version.revoked" && entry.number < outcome_.number &&
                         entry.object != version_object() &&
                         (entry.detail + ":").rfind(about, 0) == 0;
      if (!is_it) continue;
      parts_.rollout.bytes = std::move(found.back().bytes);
      return std::nullopt;
    }
    return no_proof("the log names no revocation of " + model_ + " that device " + device_.id +
                        " could have obeyed",
                    "without it nothing can be proven");
  }

  /// The newest keyset on record that accepts the release, the approvals that it counts, and all
  /// keysets.
  Fault find_trust() {
    parts_.keyset = keyset_in_force(call_);
    std::vector<Found> found;
    const Status read = read_keysets(call_, found);
    if (!read.ok()) return not_read(read);
    std::vector<std::string> envelopes;
    for (Found& one : found) {
      envelopes.push_back(one.entry.evidence);
      parts_.keysets.push_back({"", std::move(one.bytes)});
    }
    if (envelopes.empty()) envelopes.push_back(parts_.keyset);
    if (parts_.keyset.empty() || call_.around.verifier == nullptr) return std::nullopt;
    for (size_t i = envelopes.size(); i-- > 0;) {
      const auto keys = FleetKeys::open(envelopes[i]);
      if (keys.ok() && is_accepted(keys.value()->keyset())) return std::nullopt;
    }
    return no_proof("no keyset on record accepts the release with the approvals that it has",
                    "keysets are on record since they are kept in the log; what was signed under "
                    "an earlier one can be signed again: flotilla model sign");
  }

  bool is_accepted(const Keyset& keyset) {
    const AlignedCopy bytes(as_bytes(parts_.release));
    const auto release = wire::decode_release(bytes.view());
    if (!release.ok()) return false;
    Hasher& hasher = call_.around.hasher;
    parts_.approvals.clear();
    for (const auto& [key, approval] : call_.plane.approvals(origin_.variant->release_digest)) {
      const bool counts =
          parts_.approvals.size() < kMaxApprovals &&
          verify_approval(hasher, *call_.around.verifier, keyset, as_bytes(approval.envelope)).ok();
      if (counts) parts_.approvals.push_back(approval.envelope);
    }
    HashingVerifier verifier(hasher, *call_.around.verifier);
    return judge_release(verifier, keyset, release.value(), parts_.approvals).reason ==
           Reason::kNone;
  }

  /// Who signed the release later, approved it without a key, and released it past its policy.
  Fault find_consents() {
    const std::string& name = origin_.variant->hardware_class;
    std::vector<Found> found;
    Status read = read_about(call_, version_object() + "/" + name, false, found);
    if (!read.ok()) return not_read(read);
    for (; !found.empty(); found.pop_back()) {  // the newest is of the envelope that there is
      const std::string& action = found.back().entry.action;
      if (action != "release.signed" && action != "release.signed_again") continue;
      parts_.consents.push_back({"", std::move(found.back().bytes)});
      break;
    }
    found.clear();
    read = read_about(call_, version_object(), false, found);
    if (!read.ok()) return not_read(read);
    const Found* released = nullptr;
    for (const Found& one : found) {
      if (is_plain_approval(one.entry)) parts_.consents.push_back({"", one.bytes});
      const bool is_release = one.entry.action == "version.released" &&
                              one.entry.number < outcome_.number &&
                              (one.entry.detail + ":").rfind("class " + name + ":", 0) == 0;
      if (is_release) released = &one;
    }
    if (released != nullptr) parts_.consents.push_back({"", released->bytes});
    return std::nullopt;
  }

  /// One that still counts: a revised document takes them back.
  bool is_plain_approval(const AuditEntry& entry) const {
    const Lifecycle* lifecycle = call_.plane.lifecycle(model_, origin_.version->version);
    if (lifecycle == nullptr || entry.action != "version.approval") return false;
    return std::any_of(
        lifecycle->approvals.begin(), lifecycle->approvals.end(), [&](const ApprovalRecord& known) {
          return known.hardware_class == origin_.variant->hardware_class && known.key == 0 &&
                 known.time == entry.time &&
                 entry.detail ==
                     "class " + known.hardware_class + ", by " + known.by + ", not signed";
        });
  }

  Fault prove(const SignedCheckpoint& checkpoint, proof::ProvenEntry& entry) {
    AuditEntry decoded;
    Status status = decode(entry.bytes, decoded);
    if (!status.ok()) return not_read(status);
    auto path = audit_tree::inclusion_path(call_.around.store, call_.around.hasher, decoded.number,
                                           checkpoint.value.head.size);
    if (!path.ok()) return not_stored_yet(path.status());
    entry.path = std::move(path.value());
    return std::nullopt;
  }

  Fault prove_all() {
    std::optional<Refusal> why;
    const SignedCheckpoint* checkpoint = fresh_checkpoint(call_, why);
    if (checkpoint == nullptr) return problem(*why);
    parts_.checkpoint = checkpoint->envelope;
    std::vector<proof::ProvenEntry*> all = {&parts_.enrolment, &parts_.version, &parts_.rollout,
                                            &parts_.outcome};
    if (parts_.new_key) all.push_back(&*parts_.new_key);
    if (parts_.next) all.push_back(&*parts_.next);
    for (proof::ProvenEntry& entry : parts_.keysets) all.push_back(&entry);
    for (proof::ProvenEntry& entry : parts_.consents) all.push_back(&entry);
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

}  // namespace

Response make_bundle(const Call& call, const Device& device, std::string model, WallTime at) {
  return BundleMaker(call, device, std::move(model), at).make();
}

}  // namespace flotilla::controller::api
