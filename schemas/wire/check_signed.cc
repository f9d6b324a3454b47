#include "schemas/protocol/scope.h"
#include "schemas/wire/check.h"

namespace flotilla::wire {
namespace {

constexpr Status invalid(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}
constexpr Status out_of_range(const char* reason) {
  return Status(Code::kOutOfRange, reason);
}

Status require(const Digest& digest, const char* reason) {
  return digest.is_none() ? invalid(reason) : ok_status();
}

Status check_key(const Keyset& keyset, size_t at) {
  if (keyset.keys[at].roles == 0) return invalid("a key has no role");
  const std::string_view scopes = keyset.keys[at].scopes;
  if (!scopes.empty() && !are_valid_scopes(scopes)) return invalid("a key's scopes are not valid");
  for (size_t k = 0; k < at; ++k) {
    if (keyset.keys[k].public_key == keyset.keys[at].public_key)
      return invalid("a key appears twice");
  }
  return ok_status();
}

Status check_rule(const ApprovalRule& rule) {
  if (!is_valid_scope(rule.scope)) return invalid("an approval rule has no valid scope");
  if (rule.count == 0) return out_of_range("an approval rule asks for nothing");
  if (rule.count > kMaxApprovals) return out_of_range("an approval rule asks for too many");
  return ok_status();
}

/// Full payload only at the end; no base twice.
Status check_offers(const Directive& value) {
  for (size_t i = 0; i < value.offers.size(); ++i) {
    const Digest& base = value.offers[i].base_digest;
    if (base.is_none() && i + 1 != value.offers.size())
      return invalid("the full payload is not the last offer");
    for (size_t k = 0; k < i; ++k) {
      if (value.offers[k].base_digest == base) return invalid("a base appears twice");
    }
  }
  return ok_status();
}

/// What every verb but hold needs.
Status check_target(const Directive& value) {
  FLOTILLA_TRY(require(value.release_digest, "release digest is missing"));
  FLOTILLA_TRY(require(value.image_digest, "image digest is missing"));
  return value.version == 0 ? out_of_range("version is 0") : ok_status();
}

Status check_cohort(const Directive& value) {
  for (const CohortTerm& term : value.cohort) {
    if (!term.site.empty()) FLOTILLA_TRY(check_name(term.site, "cohort site is not a valid name"));
    if (term.low > term.high) return out_of_range("a cohort range is reversed");
  }
  return ok_status();
}

Status check_revoked(Bytes digests) {
  if (digests.size() % Digest::kSize != 0) return invalid("a revoked digest is cut short");
  if (digests.size() / Digest::kSize > kMaxRevoked) return out_of_range("a list exceeds its limit");
  return ok_status();
}

Status check_signature(const Envelope& envelope, size_t at) {
  const SignatureView& signature = envelope.signatures[at];
  if (signature.algorithm != SignatureAlgorithm::kEcdsaP256Sha256)
    return Status(Code::kUnimplemented, "unknown signature algorithm");
  if (signature.bytes.size() != sizeof(SignatureBytes))
    return invalid("a signature has the wrong length");
  for (size_t k = 0; k < at; ++k) {
    if (envelope.signatures[k].key_id == signature.key_id)
      return invalid("two signatures of one key");
  }
  return ok_status();
}

bool is_known(SignedKind kind) {
  switch (kind) {
    case SignedKind::kKeyset:
    case SignedKind::kRelease:
    case SignedKind::kTransfer:
    case SignedKind::kDirective:
    case SignedKind::kAttestation:
    case SignedKind::kApproval:
    case SignedKind::kCheckpoint:
      return true;
  }
  return false;
}

}  // namespace

Status check(const Envelope& value) {
  if (!is_known(value.kind)) return Status(Code::kUnimplemented, "unknown kind of envelope");
  if (value.signed_bytes.empty()) return invalid("envelope has no body");
  if (value.signed_bytes.size() > kMaxEnvelope) return out_of_range("body exceeds its limit");
  if (value.signatures.empty())
    return Status(Code::kUnauthenticated, "envelope has no signature of a known algorithm");
  for (size_t i = 0; i < value.signatures.size(); ++i) FLOTILLA_TRY(check_signature(value, i));
  if (value.kind == SignedKind::kApproval && value.signatures.size() != 1)
    return invalid("an approval has more than one signature");
  return ok_status();
}

Status check(const Keyset& value) {
  FLOTILLA_TRY(check_time(value.issued));
  if (value.keys.empty()) return invalid("keyset has no key of a known algorithm");
  uint32_t roots = 0;
  for (size_t i = 0; i < value.keys.size(); ++i) {
    FLOTILLA_TRY(check_key(value, i));
    if ((value.keys[i].roles & kRoleRoot) != 0) ++roots;
  }
  if (value.root_threshold == 0) return out_of_range("root threshold is 0");
  if (value.root_threshold > roots) return out_of_range("root threshold exceeds the root keys");
  for (const ApprovalRule& rule : value.approval_rules) FLOTILLA_TRY(check_rule(rule));
  return ok_status();
}

Status check(const ReleaseManifest& value) {
  FLOTILLA_TRY(check_name(value.model, "model is not a valid name"));
  FLOTILLA_TRY(check_name(value.hardware_class, "hardware class is not a valid name"));
  FLOTILLA_TRY(check_text(value.label.view(), "label is not printable text"));
  FLOTILLA_TRY(check_text(value.runtime.view(), "runtime requirement is not printable text"));
  if (value.version == 0) return out_of_range("version is 0");
  FLOTILLA_TRY(require(value.image_digest, "image digest is missing"));
  if (value.image_size == 0) return out_of_range("image is empty");
  if (value.image_size > kMaxImageSize) return out_of_range("image size exceeds its limit");
  return ok_status();
}

Status check(const TransferManifest& value) {
  FLOTILLA_TRY(require(value.release_digest, "release digest is missing"));
  FLOTILLA_TRY(require(value.merkle_root, "Merkle root is missing"));
  if (value.chunk_count == 0) return out_of_range("transfer has no chunks");
  if (value.chunk_count > kMaxChunks) return out_of_range("chunk count exceeds its limit");
  if (value.chunk_max == 0) return out_of_range("largest chunk is empty");
  if (value.chunk_max > kChunkMaxLimit) return out_of_range("largest chunk exceeds its limit");
  if (value.payload_size > uint64_t{value.chunk_count} * value.chunk_max)
    return out_of_range("payload does not fit its chunks");
  if (value.codec != Codec::kWeights) return Status(Code::kUnimplemented, "unknown codec");
  return check_time(value.expires);
}

Status check(const Directive& value) {
  FLOTILLA_TRY(check_name(value.model, "model is not a valid name"));
  FLOTILLA_TRY(check_name(value.hardware_class, "hardware class is not a valid name"));
  if (!value.device.empty()) FLOTILLA_TRY(check_device(value.device));
  if (value.verb < Verb::kInstall || value.verb > Verb::kRollback)
    return Status(Code::kUnimplemented, "unknown verb");
  if (value.verb != Verb::kHold) FLOTILLA_TRY(check_target(value));
  FLOTILLA_TRY(check_offers(value));
  FLOTILLA_TRY(check_cohort(value));
  FLOTILLA_TRY(check_revoked(value.revoked));
  FLOTILLA_TRY(check_time(value.issued));
  FLOTILLA_TRY(check_time(value.expires));
  return check_time(value.not_before);
}

Status check(const Checkpoint& value) {
  if (value.origin.empty()) return invalid("checkpoint names no log");
  FLOTILLA_TRY(check_text(value.origin.view(), "checkpoint origin is not printable text"));
  if (value.head.size == 0) return out_of_range("checkpoint of an empty log");
  FLOTILLA_TRY(require(value.head.root, "checkpoint root is missing"));
  return check_time(value.time);
}

Status check(const Attestation& value) {
  FLOTILLA_TRY(check_device(value.device));
  FLOTILLA_TRY(check_name(value.model, "model is not a valid name"));
  if (value.outcome != UpdateState::kConfirmed && value.outcome != UpdateState::kReverted)
    return invalid("outcome is neither confirmed nor reverted");
  return require(value.release_digest, "release digest is missing");
}

Status check(const Approval& value) {
  FLOTILLA_TRY(require(value.release_digest, "release digest is missing"));
  FLOTILLA_TRY(check_name(value.model, "model is not a valid name"));
  FLOTILLA_TRY(check_name(value.hardware_class, "hardware class is not a valid name"));
  if (value.version == 0) return out_of_range("version is 0");
  if (value.approver.empty()) return invalid("approver is missing");
  FLOTILLA_TRY(check_text(value.approver.view(), "approver is not printable"));
  return check_time(value.issued);
}

}  // namespace flotilla::wire
