#include "controller/artifact/proof/proof_bundle.h"
#include "controller/artifact/proof/sections.h"
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

/// Text between `before` and the next comma.
std::string_view part_of(std::string_view text, std::string_view before) {
  const size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + before.size());
  return rest.substr(0, rest.find(','));
}

bool read_key(std::string_view detail, PublicKey& out) {
  std::string bytes;
  std::string_view text = part_of(detail, "key ");
  text = text.substr(0, text.find(' '));
  if (!parse_hex_text(text, bytes) || bytes.size() != out.size()) return false;
  copy(as_bytes(bytes), out);
  return true;
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
    if (Fault why = read_device()) return why;
    if (Fault why = read_registration()) return why;
    if (Fault why = read_order()) return why;
    if (Fault why = read_outcome()) return why;
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
    Status status = check_keyset(tools_, anchor_, reader_.body(), keyset_);
    if (!status.ok()) return refused("the keyset", status);
    out_.head.keyset_epoch = keyset_.epoch;
    if (!take(Section::kCheckpoint)) return "the bundle has no checkpoint";
    Opened opened;
    status = opened.open(reader_.body());
    if (status.ok())
      status = check_signed(tools_, keyset_, kRoleDirector, SignedKind::kCheckpoint, opened,
                            out_.head.director);
    if (!status.ok()) return refused("the checkpoint", status);
    const auto decoded = wire::decode_checkpoint(opened.bytes());
    if (!decoded.ok()) return refused("the checkpoint", decoded.status());
    out_.head.checkpoint = decoded.value().value;
    return std::nullopt;
  }

  Fault read_release() {
    if (!take(Section::kRelease)) return "the bundle has no release manifest";
    Opened opened;
    Status status = opened.open(reader_.body());
    if (status.ok())
      status =
          check_signed(tools_, keyset_, kRoleRelease, SignedKind::kRelease, opened, out_.releaser);
    if (!status.ok()) return refused("the release manifest", status);
    const auto decoded = wire::decode_release(opened.bytes());
    if (!decoded.ok()) return refused("the release manifest", decoded.status());
    out_.release = decoded.value().value;
    out_.release_digest =
        signing_digest(tools_.hasher, SignedKind::kRelease, opened.envelope().signed_bytes);
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

  /// The next entry, proven to be in the log.
  Fault read_entry(const char* what, AuditEntry& entry) {
    if (!take(Section::kProvenEntry)) return cat("the ", what, " entry is missing");
    Bytes body = reader_.body();
    if (body.empty() || body.size() - 1 < size_t{body[0]} * Digest::kSize)
      return cat("the ", what, " entry is cut off");
    const Bytes path = body.subspan(1, size_t{body[0]} * Digest::kSize);
    const Bytes bytes = body.subspan(1 + path.size());
    const Status status = decode(as_text(bytes), entry);
    if (!status.ok()) return cat("the ", what, " entry is malformed: ", status.reason());
    const LogHead& head = out_.head.checkpoint.head;
    const Digest leaf = hash_tree::leaf_hash(tools_.hasher, bytes);
    if (!hash_tree::verify_inclusion(tools_.hasher, leaf, entry.number, head.size, path, head.root))
      return cat("the ", what, " entry is not in the log that was signed");
    return std::nullopt;
  }

  Fault read_device() {
    if (Fault why = read_entry("enrolment", out_.enrolment)) return why;
    const AuditEntry& enrolment = out_.enrolment;
    if (enrolment.action != "device.enrolled" || enrolment.object.substr(0, 7) != "device/" ||
        !read_key(enrolment.detail, key_))
      return "the enrolment entry does not bind a device's key";
    if (part_of(enrolment.detail, "class ") != out_.release.hardware_class.view())
      return "the device was enrolled as another class than the release is for";
    return std::nullopt;
  }

  /// The version's entry, and before it (optional) that of the device's new key.
  Fault read_registration() {
    if (Fault why = read_entry("version", out_.version)) return why;
    if (out_.version.action == "device.changed") {
      const bool follows = out_.version.object == out_.enrolment.object &&
                           out_.version.number > out_.enrolment.number;
      if (!follows || !read_key(out_.version.detail, key_))
        return "the entry of a changed key is not the device's";
      if (Fault why = read_entry("version", out_.version)) return why;
    }
    out_.device_key = key_id(tools_.hasher, key_);
    const ReleaseManifest& release = out_.release;
    const std::string& detail = out_.version.detail;
    const std::string image =
        cat(release.hardware_class.view(), " ", to_hex(release.image_digest).view());
    const bool whole = detail.size() < kMaxDetail;
    if (out_.version.action != "version.registered" ||
        out_.version.object != cat("model/", release.model.view(), "/", release.version) ||
        (whole && detail.find(image) == std::string::npos))
      return "the version entry is not that of the release";
    return std::nullopt;
  }

  Fault read_order() {
    if (Fault why = read_entry("rollout", out_.rollout)) return why;
    const std::string model = cat(" of ", out_.release.model.view(), " to");
    if (out_.rollout.action != "rollout.draft" ||
        out_.rollout.detail.find(model) == std::string::npos)
      return "the rollout entry is not of the model";
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
    if (out_.rollout.object != cat("rollout/", attested.rollout))
      return "the rollout entry is not of the rollout that the device obeyed";
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
  Keyset keyset_;
  PublicKey key_{};
};

}  // namespace

std::optional<std::string> verify_bundle(const Tools& tools, const Anchor& anchor, Bytes file,
                                         BundleFacts& out) {
  return BundleCheck(tools, anchor, file, out).run();
}

}  // namespace flotilla::controller::proof
