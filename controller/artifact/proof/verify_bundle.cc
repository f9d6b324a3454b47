#include <deque>

#include "controller/artifact/proof/proof_bundle.h"
#include "controller/artifact/proof/sections.h"
#include "controller/domain/log_words.h"
#include "controller/domain/record_codec.h"
#include "controller/domain/text.h"
#include "schemas/protocol/hash_tree.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::proof {
namespace {

using Fault = std::optional<std::string>;

Fault refused(const char* what, Status why) {
  return cat(what, " is refused: ", why.reason());
}

bool starts(std::string_view text, std::string_view with) {
  return text.starts_with(with);
}

class BundleCheck {
 public:
  BundleCheck(const Tools& tools, const Anchor& anchor, Bytes file, BundleFacts& out)
      : tools_(tools), anchor_(anchor), reader_(file, kBundleMagic), out_(out) {}

  Fault run() {
    if (!reader_.ok()) return "this is not a proof bundle";
    if (Fault why = read_head()) return why;
    if (Fault why = read_release()) return why;
    if (Fault why = read_document()) return why;
    if (Fault why = read_approvals()) return why;
    if (Fault why = judge_release()) return why;
    if (Fault why = read_device()) return why;
    if (Fault why = read_registration()) return why;
    if (Fault why = read_order()) return why;
    if (Fault why = read_outcome()) return why;
    if (Fault why = check_order()) return why;
    return read_next();
  }

 private:
  bool take(Section kind) {
    if (!peeked_) peeked_ = reader_.next() ? Peek::kSection : Peek::kEnd;
    if (peeked_ != Peek::kSection || !reader_.is(kind)) return false;
    peeked_.reset();
    return true;
  }

  Fault read_head() {
    if (!take(Section::kKeyset)) return "the bundle has no keyset";
    const Bytes in_force = reader_.body();
    if (!take(Section::kCheckpoint)) return "the bundle has no checkpoint";
    const Bytes checkpoint = reader_.body();
    std::vector<Bytes> records;
    while (take(Section::kProvenEntry)) records.push_back(reader_.body());
    if (Fault why = read_keysets(in_force, records)) return why;
    out_.head.vouched = chain_.vouched();
    const Status status = check_checkpoint(tools_, chain_.newest(), checkpoint, out_.head);
    if (!status.ok()) return refused("the checkpoint", status);
    for (size_t i = 0; i < records.size(); ++i) {
      if (Fault why = prove(records[i], "keyset", keysets_[i])) return why;
    }
    return std::nullopt;
  }

  /// The chain of keysets as the log's entries hold it; they are proven once the checkpoint holds.
  Fault read_keysets(Bytes in_force, const std::vector<Bytes>& records) {
    std::vector<Bytes> envelopes;
    keysets_.resize(records.size());
    for (size_t i = 0; i < records.size(); ++i) {
      AuditEntry& entry = keysets_[i];
      Bytes path, bytes;
      if (Fault why = split(records[i], "keyset", path, bytes, entry)) return why;
      if (entry.action != "keyset.taken" && entry.action != "keyset.in_force")
        return cat("entry ", entry.number, " is not of a keyset");
      if (i > 0 && entry.number <= keysets_[i - 1].number)
        return "the keysets are not in the order of the log";
      envelopes.push_back(as_bytes(entry.evidence));
    }
    if (envelopes.empty()) envelopes.push_back(in_force);
    if (!equal(envelopes.back(), in_force))
      return "the newest keyset of the log is not the one of the bundle";
    const Status status = chain_.open(tools_, anchor_, envelopes);
    if (!status.ok()) return refused("the keyset", status);
    return std::nullopt;
  }

  Fault read_release() {
    if (!take(Section::kRelease)) return "the bundle has no release manifest";
    const Status status = release_.open(reader_.body());
    if (!status.ok()) return refused("the release manifest", status);
    const auto decoded = wire::decode_release(release_.bytes());
    if (!decoded.ok()) return refused("the release manifest", decoded.status());
    signed_release_ = decoded.value();
    out_.release = signed_release_.value;
    out_.release_digest =
        signing_digest(tools_.hasher, SignedKind::kRelease, release_.envelope().signed_bytes);
    return std::nullopt;
  }

  Fault read_approvals() {
    while (take(Section::kApproval)) {
      approvals_.emplace_back();
      const Status status = approvals_.back().open(reader_.body());
      if (!status.ok()) return refused("an approval", status);
      const auto decoded = wire::decode_approval(approvals_.back().bytes());
      if (!decoded.ok()) return refused("an approval", decoded.status());
      const Approval& approval = decoded.value().value;
      const bool is_of_release = approval.release_digest == out_.release_digest &&
                                 approval.model == out_.release.model &&
                                 approval.version == out_.release.version &&
                                 approval.hardware_class == out_.release.hardware_class;
      if (!is_of_release)
        return cat("the approval of ", approval.approver.view(), " is of another release");
      out_.approvals.push_back({approval, 0});
    }
    return std::nullopt;
  }

  /// By the newest keyset that accepts the release together with all of its approvals.
  Fault judge_release() {
    Fault first;
    for (size_t i = chain_.size(); i-- > 0;) {
      Fault why = judge_under(chain_.at(i));
      if (!why) {
        accepted_by_ = i;
        out_.release_epoch = chain_.at(i).epoch;
        return std::nullopt;
      }
      if (!first) first = std::move(why);
    }
    return first;
  }

  Fault judge_under(const Keyset& keyset) {
    Status status =
        check_signed(tools_, keyset, kRoleRelease, SignedKind::kRelease, release_, out_.releaser);
    if (!status.ok()) return refused("the release manifest", status);
    std::vector<std::string> envelopes;
    for (size_t i = 0; i < approvals_.size(); ++i) {
      status = check_signed(tools_, keyset, kRoleApprover, SignedKind::kApproval, approvals_[i],
                            out_.approvals[i].key);
      if (!status.ok()) return refused("an approval", status);
      envelopes.emplace_back(as_text(approvals_[i].bytes()));
    }
    HashingVerifier verifier(tools_.hasher, tools_.verifier);
    const ReleaseVerdict verdict =
        controller::judge_release(verifier, keyset, signed_release_, envelopes);
    out_.approvals_needed = verdict.needed;
    if (verdict.reason == Reason::kNotApproved) {
      return cat("the release has ", verdict.approvals, " of ", verdict.needed,
                 " approvals that keyset epoch ", keyset.epoch, " asks for");
    }
    if (verdict.reason != Reason::kNone)
      return "the release manifest is signed by a key that is not for its model and class";
    if (verdict.approvals != approvals_.size())
      return "an approval does not count: its key gave another one, or is for other models";
    return std::nullopt;
  }

  Fault read_document() {
    const Digest& expected = out_.release.document_digest;
    const bool found = take(Section::kDocument);
    if (found) out_.document = as_text(reader_.body());
    if (found == expected.is_none()) {
      return std::string(found ? "the release names no version document, but there is one"
                               : "the version document that the release names is missing");
    }
    if (found && tools_.hasher.sha256({reader_.body()}) != expected)
      return "the version document is not the one that the release names";
    return std::nullopt;
  }

  /// The parts of a proven entry.
  Fault split(Bytes body, const char* what, Bytes& path, Bytes& bytes, AuditEntry& entry) const {
    if (body.empty() || body.size() - 1 < size_t{body[0]} * Digest::kSize)
      return cat("the ", what, " entry is cut off");
    path = body.subspan(1, size_t{body[0]} * Digest::kSize);
    bytes = body.subspan(1 + path.size());
    const Status status = decode(as_text(bytes), entry);
    if (!status.ok()) return cat("the ", what, " entry is malformed: ", status.reason());
    return std::nullopt;
  }

  Fault prove(Bytes body, const char* what, AuditEntry& entry) const {
    Bytes path, bytes;
    if (Fault why = split(body, what, path, bytes, entry)) return why;
    const LogHead& head = out_.head.checkpoint.head;
    const Digest leaf = hash_tree::leaf_hash(tools_.hasher, bytes);
    if (!hash_tree::verify_inclusion(tools_.hasher, leaf, entry.number, head.size, path, head.root))
      return cat("the ", what, " entry is not in the log that was signed");
    return std::nullopt;
  }

  /// The next entry, proven to be in the log.
  Fault read_entry(const char* what, AuditEntry& entry) {
    if (!take(Section::kProvenEntry)) return cat("the ", what, " entry is missing");
    return prove(reader_.body(), what, entry);
  }

  Fault read_device() {
    if (Fault why = read_entry("enrolment", out_.enrolment)) return why;
    const AuditEntry& enrolment = out_.enrolment;
    if (enrolment.action != "device.enrolled" || enrolment.object.substr(0, 7) != "device/" ||
        !log_words::read_device_key(enrolment, key_))
      return "the enrolment entry does not bind a device's key";
    if (log_words::enrolled_class(enrolment) != out_.release.hardware_class.view())
      return "the device was enrolled as another class than the release is for";
    return std::nullopt;
  }

  /// The version's entry, and before it (optional) that of the device's new key.
  Fault read_registration() {
    if (Fault why = read_entry("version", out_.version)) return why;
    if (out_.version.action == "device.changed") {
      const bool follows = out_.version.object == out_.enrolment.object &&
                           out_.version.number > out_.enrolment.number;
      if (!follows || !log_words::read_device_key(out_.version, key_))
        return "the entry of a changed key is not the device's";
      if (Fault why = read_entry("version", out_.version)) return why;
    }
    out_.device_key = key_id(tools_.hasher, key_);
    const std::string object = cat("model/", out_.release.model.view(), "/", out_.release.version);
    const bool is_version =
        out_.version.action == "version.registered" && out_.version.object == object;
    if (!is_version || !registers_release()) return "the version entry is not that of the release";
    return std::nullopt;
  }

  /// The entry names the release, or a draft that the entry of its signature must bind
  /// (check_order); those of earlier programs name the images alone, as far as they had room.
  bool registers_release() {
    const ReleaseManifest& release = out_.release;
    const std::string_view name = release.hardware_class.view();
    const std::string& detail = out_.version.detail;
    if (out_.version.evidence.empty()) {
      const std::string image = cat(name, " ", to_hex(release.image_digest).view());
      return detail.size() >= kMaxDetail || detail.find(image) != std::string::npos;
    }
    const auto found = log_words::registered(out_.version, name);
    if (!found || found->image != release.image_digest) return false;
    was_draft_ = found->release.is_none();
    return was_draft_ ||
           (found->release == out_.release_digest && found->document == release.document_digest);
  }

  /// The entry of what the device obeyed, and before it those of what people said of the version.
  Fault read_order() {
    for (;;) {
      if (Fault why = read_entry("rollout", out_.rollout)) return why;
      if (out_.rollout.action == "rollout.draft" || revokes_another()) break;
      if (Fault why = take_consent(out_.rollout)) return why;
    }
    if (revokes_another()) return std::nullopt;
    const std::string model = cat(" of ", out_.release.model.view(), " to");
    if (out_.rollout.detail.find(model) == std::string::npos)
      return "the rollout entry is not of the model";
    return std::nullopt;
  }

  /// Another version of the model, on the device's class: it may have gone back by itself.
  bool revokes_another() const {
    const AuditEntry& entry = out_.rollout;
    return entry.action == "version.revoked" && entry.object != out_.version.object &&
           starts(entry.object, cat("model/", out_.release.model.view(), "/")) &&
           starts(cat(entry.detail, ":"), cat("class ", out_.release.hardware_class.view(), ":"));
  }

  Fault take_consent(const AuditEntry& entry) {
    const std::string name(out_.release.hardware_class.view());
    const std::string of_class = cat("class ", name);
    const bool is_of_version = entry.object == out_.version.object;
    const bool is_signature =
        entry.action == "release.signed" || entry.action == "release.signed_again";
    if (is_signature && !out_.signature && entry.object == cat(out_.version.object, "/", name) &&
        entry.detail == cat("release ", to_hex(out_.release_digest).view(), ", key ",
                            to_hex(out_.releaser).view())) {
      out_.signature = entry;
      return std::nullopt;
    }
    if (entry.action == "version.approval" && is_of_version &&
        starts(entry.detail, cat(of_class, ", by ")) && entry.detail.ends_with(", not signed")) {
      out_.consents.push_back(entry);
      return std::nullopt;
    }
    if (entry.action == "version.released" && is_of_version && !out_.released &&
        (entry.detail == of_class || starts(entry.detail, cat(of_class, ": ")))) {
      out_.released = entry;
      return std::nullopt;
    }
    return cat("entry ", entry.number, " does not belong to the release");
  }

  /// A key that was taken out of service may have been stolen: what it signed counts when the log
  /// had it before. And nobody releases what has run already.
  Fault check_order() {
    if (was_draft_ && !out_.signature)
      return "the version was registered as a draft, and no entry says that the release was signed";
    if (out_.released && out_.released->number > out_.outcome.number)
      return "the version was released after the device ran it";
    if (accepted_by_ + 1 == chain_.size()) return std::nullopt;
    const AuditEntry& removal = keysets_[accepted_by_ + 1];
    const AuditEntry& known = out_.signature ? *out_.signature : out_.version;
    if (known.number >= removal.number) {
      return cat("the release is of entry ", known.number,
                 "; the keyset that no longer accepts it is of entry ", removal.number);
    }
    out_.retired = removal;
    return std::nullopt;
  }

  Fault read_outcome() {
    if (Fault why = read_entry("outcome", out_.outcome)) return why;
    const std::string object = cat(out_.enrolment.object, "/model/", out_.release.model.view());
    if (out_.outcome.action != "device.attested" || out_.outcome.object != object)
      return "the outcome entry is not the device's word about the model";
    Opened opened;
    Status status = opened.open(as_bytes(out_.outcome.evidence));
    if (status.ok()) status = check_signed_by(tools_, key_, SignedKind::kAttestation, opened);
    if (!status.ok()) return refused("the device's attestation", status);
    const auto decoded = wire::decode_attestation(opened.bytes());
    if (!decoded.ok()) return refused("the device's attestation", decoded.status());
    out_.attestation = decoded.value().value;
    return check_attestation();
  }

  Fault check_attestation() {
    const Attestation& attested = out_.attestation;
    if (cat("device/", attested.device.view()) != out_.enrolment.object)
      return "the attestation is another device's";
    if (!(attested.model == out_.release.model)) return "the attestation is of another model";
    if (attested.measured_digest != out_.release.image_digest)
      return "the device measured other bytes than the release names";
    const bool confirmed = attested.outcome == UpdateState::kConfirmed;
    if (confirmed && attested.release_digest != out_.release_digest)
      return "the device confirmed another release";
    const bool obeyed = attested.rollout == 0
                            ? revokes_another() && out_.rollout.number < out_.outcome.number
                            : out_.rollout.object == cat("rollout/", attested.rollout);
    if (!obeyed) return "the rollout entry is not of the rollout that the device obeyed";
    return std::nullopt;
  }

  Fault read_next() {
    if (peeked_ == Peek::kSection || reader_.next()) {
      peeked_ = Peek::kSection;
      AuditEntry next;
      if (Fault why = read_entry("next outcome", next)) return why;
      if (next.action != out_.outcome.action || next.object != out_.outcome.object ||
          next.number <= out_.outcome.number)
        return "the last entry is not the device's next word about the model";
      out_.next = next;
      if (reader_.next()) return "the bundle goes on after its end";
    }
    if (!reader_.ok()) return "the bundle is cut off";
    return std::nullopt;
  }

  /// Longest text of an entry (kMaxText of the domain's bounds): a longer one was cut.
  static constexpr size_t kMaxDetail = 1024;
  enum class Peek : uint8_t { kSection, kEnd };

  const Tools& tools_;
  const Anchor& anchor_;
  SectionReader reader_;
  std::optional<Peek> peeked_;  ///< a section that was looked at and not taken
  BundleFacts& out_;
  KeyChain chain_;
  std::vector<AuditEntry> keysets_;  ///< of the chain, in its order; empty: the newest alone
  Opened release_;
  Signed<ReleaseManifest> signed_release_;
  std::deque<Opened> approvals_;
  size_t accepted_by_ = 0;  ///< index in the chain
  PublicKey key_{};
  bool was_draft_ = false;  ///< when it was registered
};

}  // namespace

std::optional<std::string> verify_bundle(const Tools& tools, const Anchor& anchor, Bytes file,
                                         BundleFacts& out) {
  return BundleCheck(tools, anchor, file, out).run();
}

}  // namespace flotilla::controller::proof
