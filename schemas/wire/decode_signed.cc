#include "generated/approval_generated.h"
#include "generated/attestation_generated.h"
#include "generated/checkpoint_generated.h"
#include "generated/directive_generated.h"
#include "generated/envelope_generated.h"
#include "generated/keyset_generated.h"
#include "generated/offer_generated.h"
#include "generated/release_generated.h"
#include "generated/transfer_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_reader.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

static_assert(static_cast<int>(fb::SignedKind::MAX) == static_cast<int>(SignedKind::kCheckpoint));
static_assert(static_cast<int>(fb::Codec::MAX) == static_cast<int>(Codec::kWeights));
static_assert(static_cast<int>(fb::Verb::MAX) == static_cast<int>(Verb::kRollback));
static_assert(static_cast<int>(fb::UpdateState::MAX) == static_cast<int>(UpdateState::kFailed));

// ---------------------------------------------------------------- rows

/// A signature of an algorithm that this build does not know counts for nothing.
Status read_signature(const fb::Signature& row, Envelope& out) {
  if (row.algorithm() != fb::SignatureAlgorithm::EcdsaP256Sha256) return ok_status();
  SignatureView signature;
  signature.key_id = row.key_id();
  signature.bytes = bytes_of(row.bytes());
  FLOTILLA_ASSERT(out.signatures.push_back(signature));
  return ok_status();
}

/// So does a key.
Status read_key(const fb::KeysetKey& row, Keyset& out) {
  if (row.algorithm() != fb::SignatureAlgorithm::EcdsaP256Sha256) return ok_status();
  KeysetKey key;
  const Bytes public_key = bytes_of(row.public_key());
  if (public_key.size() != key.public_key.size())
    return Status(Code::kInvalidArgument, "a public key has the wrong length");
  copy(public_key, key.public_key);
  key.roles = row.roles();
  key.scopes = text_of(row.scopes());
  FLOTILLA_ASSERT(out.keys.push_back(key));
  return ok_status();
}

Status read_rule(const fb::ApprovalRule& row, Keyset& out) {
  FLOTILLA_ASSERT(out.approval_rules.push_back({text_of(row.scope()), row.count()}));
  return ok_status();
}

Status read_offer(const fb::Offer& row, Directive& out) {
  Offer offer;
  offer.base_digest = digest_of(row.base_digest());
  offer.transfer = row.transfer();
  FLOTILLA_ASSERT(out.offers.push_back(offer));
  return ok_status();
}

Status read_term(const fb::CohortTerm& row, Directive& out) {
  CohortTerm term;
  FLOTILLA_TRY(read_text(row.site(), term.site));
  term.low = row.low();
  term.high = row.high();
  FLOTILLA_ASSERT(out.cohort.push_back(term));
  return ok_status();
}

// ---------------------------------------------------------------- bodies

Status read_body(Bytes bytes, Keyset& out) {
  const Shape shape{fb::KeysetIdentifier(), kMaxEnvelope, 2 + kMaxKeys + kMaxApprovalRules};
  const Result<const fb::Keyset*> root = open<fb::Keyset>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Keyset& table = *root.value();
  out.epoch = table.epoch();
  out.issued.ms = table.issued_ms();
  out.root_threshold = table.root_threshold();
  FLOTILLA_TRY(read_rows(table.keys(), kMaxKeys,
                         [&](const fb::KeysetKey& row) { return read_key(row, out); }));
  return read_rows(table.approval_rules(), kMaxApprovalRules,
                   [&](const fb::ApprovalRule& row) { return read_rule(row, out); });
}

Status read_body(Bytes bytes, ReleaseManifest& out) {
  const Shape shape{fb::ReleaseIdentifier(), kMaxEnvelope, 1};
  const Result<const fb::Release*> root = open<fb::Release>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Release& table = *root.value();
  FLOTILLA_TRY(read_text(table.model(), out.model));
  FLOTILLA_TRY(read_text(table.label(), out.label));
  FLOTILLA_TRY(read_text(table.hardware_class(), out.hardware_class));
  FLOTILLA_TRY(read_text(table.runtime(), out.runtime));
  out.version = table.version();
  out.security_counter = table.security_counter();
  out.image_digest = digest_of(table.image_digest());
  out.image_size = table.image_size();
  out.golden_digest = digest_of(table.golden_digest());
  out.document_digest = digest_of(table.document_digest());
  out.checkpoint_size = table.checkpoint_size();
  out.checkpoint_root = digest_of(table.checkpoint_root());
  return ok_status();
}

Status read_body(Bytes bytes, TransferManifest& out) {
  const Shape shape{fb::TransferIdentifier(), kMaxEnvelope, 1};
  const Result<const fb::Transfer*> root = open<fb::Transfer>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Transfer& table = *root.value();
  out.release_digest = digest_of(table.release_digest());
  out.base_digest = digest_of(table.base_digest());
  out.payload_size = table.payload_size();
  out.chunk_count = table.chunk_count();
  out.chunk_max = table.chunk_max();
  out.merkle_root = digest_of(table.merkle_root());
  out.codec = static_cast<Codec>(table.codec());
  out.decoder_memory = table.decoder_memory();
  out.expires.ms = table.expires_ms();
  return ok_status();
}

void read_numbers(const fb::Directive& table, Directive& out) {
  out.epoch = table.epoch();
  out.seq = table.seq();
  out.rollout = table.rollout();
  out.verb = static_cast<Verb>(table.verb());
  out.version = table.version();
  out.issued.ms = table.issued_ms();
  out.expires.ms = table.expires_ms();
  out.not_before.ms = table.not_before_ms();
  out.floor = table.floor();
  out.healthy_for_s = table.healthy_for_s();
  out.trial_deadline_s = table.trial_deadline_s();
  out.trial_attempts = table.trial_attempts();
  out.start_window_s = table.start_window_s();
}

Status read_body(Bytes bytes, Directive& out) {
  const Shape shape{fb::DirectiveIdentifier(), kMaxEnvelope, 2 + kMaxOffers + kMaxCohortTerms};
  const Result<const fb::Directive*> root = open<fb::Directive>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Directive& table = *root.value();
  FLOTILLA_TRY(read_text(table.model(), out.model));
  FLOTILLA_TRY(read_text(table.hardware_class(), out.hardware_class));
  FLOTILLA_TRY(read_text(table.device(), out.device));
  read_numbers(table, out);
  out.release_digest = digest_of(table.release_digest());
  out.image_digest = digest_of(table.image_digest());
  out.revoked = bytes_of(table.revoked());
  if (table.salt() != nullptr) copy({table.salt()->bytes()->data(), out.salt.size()}, out.salt);
  FLOTILLA_TRY(read_rows(table.offers(), kMaxOffers,
                         [&](const fb::Offer& row) { return read_offer(row, out); }));
  return read_rows(table.cohort(), kMaxCohortTerms,
                   [&](const fb::CohortTerm& row) { return read_term(row, out); });
}

Status read_body(Bytes bytes, Attestation& out) {
  const Shape shape{fb::AttestationIdentifier(), kMaxAttestation, 1};
  const Result<const fb::Attestation*> root = open<fb::Attestation>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Attestation& table = *root.value();
  FLOTILLA_TRY(read_text(table.device(), out.device));
  FLOTILLA_TRY(read_text(table.model(), out.model));
  out.rollout = table.rollout();
  out.outcome = static_cast<UpdateState>(table.outcome());
  out.release_digest = digest_of(table.release_digest());
  out.measured_digest = digest_of(table.measured_digest());
  out.golden_digest = digest_of(table.golden_digest());
  out.engine_digest = digest_of(table.engine_digest());
  out.order = {table.incarnation(), table.boot_count(), table.seq()};
  return ok_status();
}

Status read_body(Bytes bytes, Approval& out) {
  const Shape shape{fb::ApprovalIdentifier(), kMaxApproval, 1};
  const Result<const fb::Approval*> root = open<fb::Approval>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Approval& table = *root.value();
  FLOTILLA_TRY(read_text(table.model(), out.model));
  FLOTILLA_TRY(read_text(table.hardware_class(), out.hardware_class));
  FLOTILLA_TRY(read_text(table.approver(), out.approver));
  out.release_digest = digest_of(table.release_digest());
  out.version = table.version();
  out.issued.ms = table.issued_ms();
  return ok_status();
}

Status read_body(Bytes bytes, Checkpoint& out) {
  const Shape shape{fb::CheckpointIdentifier(), kMaxEnvelope, 1};
  const Result<const fb::Checkpoint*> root = open<fb::Checkpoint>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Checkpoint& table = *root.value();
  FLOTILLA_TRY(read_text(table.origin(), out.origin));
  out.head = {table.size(), digest_of(table.root())};
  out.time.ms = table.time_ms();
  return ok_status();
}

Status read_growth(const fb::GrowthProof& row, TransferOffer& out) {
  const GrowthProof proof{row.from_size(), bytes_of(row.path())};
  FLOTILLA_TRY(check(proof));
  FLOTILLA_ASSERT(out.growth.push_back(proof));
  return ok_status();
}

// ---------------------------------------------------------------- envelopes

Status open_envelope(Bytes bytes, size_t limit, Envelope& out) {
  const Shape shape{fb::EnvelopeIdentifier(), limit, 2 + kMaxSignatures};
  const Result<const fb::Envelope*> root = open<fb::Envelope>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const fb::Envelope& table = *root.value();
  out.kind = static_cast<SignedKind>(table.kind());
  out.signed_bytes = bytes_of(table.signed_());
  return read_rows(table.signatures(), kMaxSignatures,
                   [&](const fb::Signature& row) { return read_signature(row, out); });
}

Status read_envelope(Bytes bytes, SignedKind kind, size_t limit, Envelope& out) {
  FLOTILLA_TRY(open_envelope(bytes, limit, out));
  if (out.kind != kind) return Status(Code::kInvalidArgument, "envelope is of another kind");
  return check(out);
}

template <typename T>
Status read_signed(Bytes bytes, SignedKind kind, size_t limit, Signed<T>& out) {
  FLOTILLA_TRY(read_envelope(bytes, kind, limit, out.envelope));
  FLOTILLA_TRY(read_body(out.envelope.signed_bytes, out.value));
  return check(out.value);
}

Status read_approval(const fb::OfferedApproval& row, TransferOffer& out) {
  const Bytes envelope = bytes_of(row.envelope());
  FLOTILLA_TRY(check_approval_envelope(envelope));
  Signed<Approval> approval;
  FLOTILLA_TRY(read_signed(envelope, SignedKind::kApproval, kMaxApproval, approval));
  FLOTILLA_ASSERT(
      out.approvals.push_back({envelope, approval.value.release_digest,
                               approval.envelope.signed_bytes, approval.envelope.signatures[0]}));
  return ok_status();
}

template <typename T>
Result<Signed<T>> decode_signed(Bytes bytes, SignedKind kind, size_t limit = kMaxEnvelope) {
  Signed<T> out;
  FLOTILLA_TRY(read_signed(bytes, kind, limit, out));
  return out;
}

}  // namespace

Result<Signed<Keyset>> decode_keyset(Bytes bytes) {
  return decode_signed<Keyset>(bytes, SignedKind::kKeyset);
}

Result<Signed<ReleaseManifest>> decode_release(Bytes bytes) {
  return decode_signed<ReleaseManifest>(bytes, SignedKind::kRelease);
}

Result<Signed<TransferManifest>> decode_transfer(Bytes bytes) {
  return decode_signed<TransferManifest>(bytes, SignedKind::kTransfer);
}

Result<Signed<Directive>> decode_directive(Bytes bytes) {
  return decode_signed<Directive>(bytes, SignedKind::kDirective);
}

Result<Signed<Attestation>> decode_attestation(Bytes bytes) {
  return decode_signed<Attestation>(bytes, SignedKind::kAttestation, kMaxAttestation);
}

Result<Signed<Approval>> decode_approval(Bytes bytes) {
  return decode_signed<Approval>(bytes, SignedKind::kApproval, kMaxApproval);
}

Result<Signed<Checkpoint>> decode_checkpoint(Bytes bytes) {
  return decode_signed<Checkpoint>(bytes, SignedKind::kCheckpoint);
}

Result<Envelope> decode_envelope(Bytes bytes) {
  Envelope out;
  FLOTILLA_TRY(open_envelope(bytes, kMaxEnvelope, out));
  FLOTILLA_TRY(check(out));
  return out;
}

Result<TransferOffer> decode_offer(Bytes bytes) {
  const Shape shape{fb::TransferOfferIdentifier(), kMaxOfferMessage,
                    2 + kMaxApprovals + kMaxGrowthProofs};
  const Result<const fb::TransferOffer*> root = open<fb::TransferOffer>(bytes, shape);
  FLOTILLA_TRY(root.status());
  const Bytes transfer = bytes_of(root.value()->transfer());
  const Bytes release = bytes_of(root.value()->release());
  TransferOffer out;
  out.golden = bytes_of(root.value()->golden());
  FLOTILLA_TRY(check_offer(transfer, release, out.golden));
  FLOTILLA_TRY(read_signed(transfer, SignedKind::kTransfer, kMaxEnvelope, out.transfer));
  FLOTILLA_TRY(read_signed(release, SignedKind::kRelease, kMaxEnvelope, out.release));
  FLOTILLA_TRY(read_rows(root.value()->approvals(), kMaxApprovals,
                         [&](const fb::OfferedApproval& row) { return read_approval(row, out); }));
  FLOTILLA_TRY(read_rows(root.value()->growth(), kMaxGrowthProofs,
                         [&](const fb::GrowthProof& row) { return read_growth(row, out); }));
  return out;
}

}  // namespace flotilla::wire
