#include "generated/approval_generated.h"
#include "generated/attestation_generated.h"
#include "generated/checkpoint_generated.h"
#include "generated/envelope_generated.h"
#include "generated/keyset_generated.h"
#include "generated/release_generated.h"
#include "generated/transfer_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_builder.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

using flatbuffers::Offset;

Offset<fb::KeysetKey> build(MessageBuilder& message, const KeysetKey& key) {
  const TextOffset scopes = message.text(key.scopes);
  const BytesOffset public_key = message.bytes(key.public_key);
  fb::KeysetKeyBuilder table(message.fbb());
  table.add_public_key(public_key);
  table.add_scopes(scopes);
  table.add_algorithm(fb::SignatureAlgorithm::EcdsaP256Sha256);
  table.add_roles(key.roles);
  return table.Finish();
}

Offset<fb::ApprovalRule> build(MessageBuilder& message, const ApprovalRule& rule) {
  const TextOffset scope = message.text(rule.scope);
  fb::ApprovalRuleBuilder table(message.fbb());
  table.add_scope(scope);
  table.add_count(rule.count);
  return table.Finish();
}

Bound bound_of(const Keyset& value) {
  Bound bound = Bound().table(5).vector(value.keys.size()).vector(value.approval_rules.size());
  for (const KeysetKey& key : value.keys) bound.table(4).bytes(key.public_key).text(key.scopes);
  for (const ApprovalRule& rule : value.approval_rules) bound.table(2).text(rule.scope);
  return bound;
}

Offset<fb::Signature> build(MessageBuilder& message, const SignatureView& signature) {
  const BytesOffset bytes = message.bytes(signature.bytes);
  fb::SignatureBuilder table(message.fbb());
  table.add_key_id(signature.key_id);
  table.add_bytes(bytes);
  table.add_algorithm(static_cast<fb::SignatureAlgorithm>(signature.algorithm));
  return table.Finish();
}

size_t envelope_limit(SignedKind kind) {
  if (kind == SignedKind::kAttestation) return kMaxAttestation;
  return kind == SignedKind::kApproval ? kMaxApproval : kMaxEnvelope;
}

}  // namespace

Result<size_t> Encoder::envelope(const Envelope& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  Bound bound = Bound().table(3).bytes(value.signed_bytes).vector(value.signatures.size());
  for (const SignatureView& signature : value.signatures) bound.table(3).bytes(signature.bytes);
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound));

  Offset<fb::Signature> rows[kMaxSignatures];
  size_t count = 0;
  for (const SignatureView& signature : value.signatures) rows[count++] = build(message, signature);
  const auto signatures = message.vector(rows, count);
  const BytesOffset body = message.bytes(value.signed_bytes, 8);
  fb::EnvelopeBuilder table(message.fbb());
  table.add_signed_(body);
  table.add_signatures(signatures);
  table.add_kind(static_cast<fb::SignedKind>(value.kind));
  return message.finish(table.Finish(), fb::EnvelopeIdentifier(), envelope_limit(value.kind), out);
}

Result<size_t> Encoder::keyset(const Keyset& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound_of(value)));

  Offset<fb::ApprovalRule> rules[kMaxApprovalRules];
  size_t count = 0;
  for (const ApprovalRule& rule : value.approval_rules) rules[count++] = build(message, rule);
  const auto approval_rules = message.vector(rules, count);
  Offset<fb::KeysetKey> rows[kMaxKeys];
  count = 0;
  for (const KeysetKey& key : value.keys) rows[count++] = build(message, key);
  const auto keys = message.vector(rows, count);
  fb::KeysetBuilder table(message.fbb());
  table.add_issued_ms(value.issued.ms);
  table.add_keys(keys);
  table.add_approval_rules(approval_rules);
  table.add_epoch(value.epoch);
  table.add_root_threshold(value.root_threshold);
  return message.finish(table.Finish(), fb::KeysetIdentifier(), kMaxEnvelope, out);
}

Result<size_t> Encoder::release(const ReleaseManifest& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(Bound()
                                 .table(12, 4)
                                 .text(value.model.view())
                                 .text(value.label.view())
                                 .text(value.hardware_class.view())
                                 .text(value.runtime.view())));

  const DigestField image(value.image_digest), golden(value.golden_digest);
  const DigestField document(value.document_digest), checkpoint(value.checkpoint_root);
  const TextOffset runtime = message.text(value.runtime.view());
  const TextOffset hardware_class = message.text(value.hardware_class.view());
  const TextOffset label = message.text(value.label.view());
  const TextOffset model = message.text(value.model.view());
  fb::ReleaseBuilder table(message.fbb());
  table.add_checkpoint_size(value.checkpoint_size);
  table.add_image_size(value.image_size);
  table.add_checkpoint_root(checkpoint.get());
  table.add_document_digest(document.get());
  table.add_golden_digest(golden.get());
  table.add_image_digest(image.get());
  table.add_runtime(runtime);
  table.add_hardware_class(hardware_class);
  table.add_label(label);
  table.add_model(model);
  table.add_security_counter(value.security_counter);
  table.add_version(value.version);
  return message.finish(table.Finish(), fb::ReleaseIdentifier(), kMaxEnvelope, out);
}

Result<size_t> Encoder::transfer(const TransferManifest& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(Bound().table(9, 3)));

  const DigestField release(value.release_digest), base(value.base_digest);
  const DigestField root(value.merkle_root);
  fb::TransferBuilder table(message.fbb());
  table.add_expires_ms(value.expires.ms);
  table.add_payload_size(value.payload_size);
  table.add_merkle_root(root.get());
  table.add_base_digest(base.get());
  table.add_release_digest(release.get());
  table.add_chunk_count(value.chunk_count);
  table.add_chunk_max(value.chunk_max);
  table.add_decoder_memory(value.decoder_memory);
  table.add_codec(static_cast<fb::Codec>(value.codec));
  return message.finish(table.Finish(), fb::TransferIdentifier(), kMaxEnvelope, out);
}

Result<size_t> Encoder::checkpoint(const Checkpoint& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(Bound().table(4, 1).text(value.origin.view())));

  const DigestField root(value.head.root);
  const TextOffset origin = message.text(value.origin.view());
  fb::CheckpointBuilder table(message.fbb());
  table.add_time_ms(value.time.ms);
  table.add_size(value.head.size);
  table.add_root(root.get());
  table.add_origin(origin);
  return message.finish(table.Finish(), fb::CheckpointIdentifier(), kMaxEnvelope, out);
}

Result<size_t> Encoder::attestation(const Attestation& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(
      message.ready(Bound().table(11, 4).text(value.device.view()).text(value.model.view())));

  const DigestField release(value.release_digest), measured(value.measured_digest);
  const DigestField golden(value.golden_digest), engine(value.engine_digest);
  const TextOffset model = message.text(value.model.view());
  const TextOffset device = message.text(value.device.view());
  fb::AttestationBuilder table(message.fbb());
  table.add_seq(value.order.seq);
  table.add_incarnation(value.order.incarnation);
  table.add_engine_digest(engine.get());
  table.add_golden_digest(golden.get());
  table.add_measured_digest(measured.get());
  table.add_release_digest(release.get());
  table.add_device(device);
  table.add_model(model);
  table.add_boot_count(value.order.boot_count);
  table.add_rollout(value.rollout);
  table.add_outcome(static_cast<fb::UpdateState>(value.outcome));
  return message.finish(table.Finish(), fb::AttestationIdentifier(), kMaxAttestation, out);
}

Result<size_t> Encoder::approval(const Approval& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(Bound()
                                 .table(6, 1)
                                 .text(value.model.view())
                                 .text(value.hardware_class.view())
                                 .text(value.approver.view())));

  const DigestField release(value.release_digest);
  const TextOffset approver = message.text(value.approver.view());
  const TextOffset hardware_class = message.text(value.hardware_class.view());
  const TextOffset model = message.text(value.model.view());
  fb::ApprovalBuilder table(message.fbb());
  table.add_issued_ms(value.issued.ms);
  table.add_release_digest(release.get());
  table.add_approver(approver);
  table.add_hardware_class(hardware_class);
  table.add_model(model);
  table.add_version(value.version);
  return message.finish(table.Finish(), fb::ApprovalIdentifier(), kMaxApproval, out);
}

}  // namespace flotilla::wire
