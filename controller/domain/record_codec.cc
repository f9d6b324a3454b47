#include "controller/domain/record_codec.h"

#include "controller/domain/record_archive.h"

namespace flotilla::controller {

// ---- the lists of fields. Add at the end and raise its kRecordVersion; never reorder or remove.

static void field(RecordArchive& archive, HardwareClass& r) {
  all(archive, r.name, r.slot_size, r.chunk_max, r.erase_unit, r.decoder_memory);
  if (archive.version() < 2) return;  // they keep what says nothing
  all(archive, r.ram, r.runtime, r.runtime_version, r.accelerator, r.accelerator_generation);
}

static void field(RecordArchive& archive, OperatorCount& r) {
  all(archive, r.name, r.count);
}

static void field(RecordArchive& archive, ImageFacts& r) {
  all(archive, r.inspection, r.format, r.parameters, r.dtype, r.weight_tensors, r.weights,
      r.is_sparsity_known, r.sparsity_ppm, r.quantisation, r.is_symmetric, r.operators,
      r.inventory);
}

static void field(RecordArchive& archive, LogHead& r) {
  all(archive, r.size, r.root);
}

static void field(RecordArchive& archive, Variant& r) {
  all(archive, r.hardware_class, r.image_digest, r.image_size, r.golden_digest, r.runtime,
      r.security_counter, r.release_digest, r.release_envelope);
  if (archive.version() < 3) {
    r.facts = {};
    return;
  }
  all(archive, r.facts);
  if (archive.version() < 4) {
    r.checkpoint = {};
    return;
  }
  all(archive, r.checkpoint);
}

static void field(RecordArchive& archive, Lineage& r) {
  all(archive, r.rounded_from, r.base, r.step_ppm);
}

static void field(RecordArchive& archive, ModelVersion& r) {
  all(archive, r.model, r.version, r.label, r.document, r.document_digest, r.created, r.created_by,
      r.variants);
  if (archive.version() < 2) {
    r.lineage = {};
    return;
  }
  all(archive, r.lineage);
  if (archive.version() < 4) return;  // it keeps what says nothing
  all(archive, r.pinned, r.pinned_by, r.deleted, r.deleted_by);
}

static void field(RecordArchive& archive, DocumentRevision& r) {
  all(archive, r.model, r.version, r.revision, r.document, r.document_digest, r.previous, r.reason,
      r.created, r.created_by);
}

static void field(RecordArchive& archive, DirectivePosition& r) {
  all(archive, r.epoch, r.seq);
}

static void field(RecordArchive& archive, ReportOrder& r) {
  all(archive, r.incarnation, r.boot_count, r.seq);
}

static void field(RecordArchive& archive, ModelState& r) {
  all(archive, r.model, r.slot_size, r.active_digest, r.active_version, r.spare_digest, r.floor);
  one_of(archive, r.state, UpdateState::kFailed);
  one_of(archive, r.reason, kLastReason);
  all(archive, r.detail, r.rollout, r.directive, r.transfer, r.chunks_done, r.chunks_total,
      r.bytes_received, r.chunks_refused);
}

static void field(RecordArchive& archive, DeviceModel& r) {
  all(archive, r.reported, r.attestation, r.attestation_valid);
  if (archive.version() < 3) {  // of the device; its next report says it again
    r.confirmed_release = r.confirmed_golden = r.confirmed_engine = {};
    return;
  }
  all(archive, r.confirmed_release, r.confirmed_golden, r.confirmed_engine);
}

static void field(RecordArchive& archive, ModelHealth& r) {
  all(archive, r.model, r.loaded_digest, r.healthy, r.inferences, r.failures, r.latency_p50_us,
      r.latency_p99_us);
}

static void field(RecordArchive& archive, Device& r) {
  all(archive, r.id, r.hardware_class, r.site, r.labels, r.public_key, r.shard, r.enrolled,
      r.retired, r.order, r.previous_incarnation, r.previous_boot_count, r.previous_seq,
      r.incarnation_changes, r.incarnation_audited, r.duplicate_suspected, r.claimed_class,
      r.software, r.last_report, r.models, r.last_health, r.health);
  if (archive.version() < 2) {
    r.witness = Witness::kNone;
    r.checkpoint = r.conflict = {};
    r.witness_disagrees = false;
    return;
  }
  one_of(archive, r.witness, Witness::kSplit);
  all(archive, r.checkpoint, r.conflict, r.witness_disagrees);
}

static void field(RecordArchive& archive, TransferManifest& r) {
  all(archive, r.release_digest, r.base_digest, r.payload_size, r.chunk_count, r.chunk_max,
      r.merkle_root);
  one_of(archive, r.codec, Codec::kWeights);
  if (r.codec != Codec::kWeights) archive.fail();
  all(archive, r.decoder_memory, r.expires);
}

static void field(RecordArchive& archive, Transfer& r) {
  all(archive, r.id, r.hardware_class, r.model, r.release_digest, r.base_digest, r.manifest,
      r.manifest_envelope, r.message_bytes, r.payload_file);
  one_of(archive, r.state, Transfer::State::kClearing);
  if (archive.version() < 2) {
    r.keyset_epoch = 0;
    return;
  }
  all(archive, r.keyset_epoch);
}

static void field(RecordArchive& archive, RolloutPolicy& r) {
  all(archive, r.canary_percent, r.canary_count, r.max_failure_percent, r.min_attempted, r.soak_s,
      r.rollback_on_halt, r.healthy_for_s, r.trial_deadline_s, r.trial_attempts, r.start_window_s,
      r.expires_s);
}

static void field(RecordArchive& archive, RolloutTarget& r) {
  all(archive, r.hardware_class, r.release_digest, r.previous_release, r.previous_version,
      r.first_seq, r.rollback_seq, r.transfers, r.previous_transfers);
}

static void field(RecordArchive& archive, Wave& r) {
  all(archive, r.number, r.opened, r.last_outcome);
}

static void field(RecordArchive& archive, Rollout& r) {
  all(archive, r.id, r.model, r.version);
  one_of(archive, r.state, RolloutState::kCancelled);
  all(archive, r.state_reason, r.started_by, r.policy, r.salt, r.targets, r.waves, r.created,
      r.finished);
}

static void field(RecordArchive& archive, Assignment& r) {
  all(archive, r.rollout, r.device, r.wave, r.position);
  one_of(archive, r.state, AssignmentState::kExpired);
  one_of(archive, r.reason, kLastReason);
  all(archive, r.detail, r.chunks_done, r.chunks_total, r.bytes_received, r.changed, r.rolled_back);
}

static void field(RecordArchive& archive, Offer& r) {
  all(archive, r.base_digest, r.transfer);
}

static void field(RecordArchive& archive, CohortTerm& r) {
  all(archive, r.site, r.low, r.high);
}

static void field(RecordArchive& archive, Directive& r) {
  all(archive, r.model, r.hardware_class, r.device, r.epoch, r.seq, r.rollout);
  one_of(archive, r.verb, Verb::kRollback);
  all(archive, r.release_digest, r.version, r.image_digest, r.offers, r.salt, r.cohort, r.issued,
      r.expires, r.not_before, r.floor, r.healthy_for_s, r.trial_deadline_s, r.trial_attempts,
      r.start_window_s);
}

static void field(RecordArchive& archive, StandingDirective& r) {
  all(archive, r.model, r.hardware_class, r.directive);
  if (archive.version() < 2) {
    r.revoked.clear();
    return;
  }
  all(archive, r.revoked);
  if (r.revoked.size() > kMaxRevoked) archive.fail();
}

static void field(RecordArchive& archive, OutboxEntry& r) {
  all(archive, r.id);
  one_of(archive, r.kind, OutboxEntry::Kind::kDirective);
  all(archive, r.model, r.hardware_class);
}

static void field(RecordArchive& archive, AuditEntry& r) {
  all(archive, r.number, r.time, r.actor, r.action, r.object, r.detail);
  if (archive.version() < 2) {
    r.evidence.clear();
    return;
  }
  all(archive, r.evidence);
}

static void field(RecordArchive& archive, AuditNode& r) {
  all(archive, r.hash);
}

static void field(RecordArchive&, AuditMark&) {}

static void field(RecordArchive& archive, SignedCheckpoint& r) {
  all(archive, r.value.origin, r.value.head, r.value.time, r.envelope);
}

static void field(RecordArchive& archive, Scope& r) {
  all(archive, r.model, r.hardware_class, r.site, r.alias);
}

static void field(RecordArchive& archive, Grant& r) {
  one_of(archive, r.role, Role::kDeviceEnroller);
  all(archive, r.scope);
}

static void field(RecordArchive& archive, ReleaseApproval& r) {
  all(archive, r.release_digest, r.signer, r.approver, r.model, r.version, r.hardware_class,
      r.envelope, r.created, r.created_by);
}

static void field(RecordArchive& archive, Token& r) {
  // The first version had a role in the place of the identity, and knew one: "admin".
  all(archive, r.id, r.name, r.identity, r.secret_hash, r.created);
  if (archive.version() < 2) {
    r.grants = r.identity == role_name(Role::kAdmin) ? first_grants() : std::vector<Grant>{};
    r.identity = r.name;
    return;
  }
  all(archive, r.grants, r.expires, r.last_used);
}

static void field(RecordArchive& archive, Evidence& r) {
  all(archive, r.hardware_class, r.file, r.metrics, r.by, r.time);
}

static void field(RecordArchive& archive, ApprovalRecord& r) {
  all(archive, r.hardware_class, r.by, r.time, r.key, r.envelope);
}

static void field(RecordArchive& archive, ClassStanding& r) {
  one_of(archive, r.state, ReleaseState::kRevoked);
  all(archive, r.changed, r.by, r.reason);
}

static void field(RecordArchive& archive, Lifecycle& r) {
  all(archive, r.model, r.version, r.classes, r.evidence, r.approvals);
}

static void field(RecordArchive& archive, Policy& r) {
  all(archive, r.model, r.hardware_class, r.metadata, r.require, r.evidence, r.approvals,
      r.approvers, r.protected_aliases, r.golden_aliases, r.changed, r.changed_by);
}

static void field(RecordArchive& archive, Alias& r) {
  all(archive, r.model, r.alias, r.version, r.classes, r.moved, r.moved_by);
}

static void field(RecordArchive& archive, Meta& r) {
  all(archive, r.next_audit, r.next_rollout, r.next_directive, r.next_outbox, r.unknown_since,
      r.unknown_devices);
}

template <typename Record>
std::string encode(const Record& record) {
  std::string out(1, static_cast<char>(kRecordVersion<Record>));
  RecordArchive archive(out, kRecordVersion<Record>);
  // A writing archive reads its fields only.
  field(archive, const_cast<Record&>(record));
  return out;
}

template <typename Record>
Status decode(std::string_view bytes, Record& record) {
  if (bytes.empty()) return Status(Code::kDataLoss, "a stored record is empty");
  const uint8_t version = static_cast<uint8_t>(bytes[0]);
  if (version > kRecordVersion<Record>)
    return Status(Code::kUnimplemented, "a stored record was written by a newer version");
  if (version == 0) return Status(Code::kDataLoss, "a stored record has no format version");
  RecordArchive archive(bytes.substr(1), version);
  field(archive, record);
  if (!archive.ok()) return Status(Code::kDataLoss, "a stored record is malformed");
  if (!archive.at_end()) return Status(Code::kDataLoss, "a stored record has bytes left over");
  return ok_status();
}

#define FLOTILLA_RECORD(Record)               \
  template std::string encode(const Record&); \
  template Status decode(std::string_view, Record&)

FLOTILLA_RECORD(Meta);
FLOTILLA_RECORD(HardwareClass);
FLOTILLA_RECORD(Device);
FLOTILLA_RECORD(ModelVersion);
FLOTILLA_RECORD(DocumentRevision);
FLOTILLA_RECORD(Rollout);
FLOTILLA_RECORD(Assignment);
FLOTILLA_RECORD(Transfer);
FLOTILLA_RECORD(StandingDirective);
FLOTILLA_RECORD(OutboxEntry);
FLOTILLA_RECORD(AuditEntry);
FLOTILLA_RECORD(AuditMark);
FLOTILLA_RECORD(AuditNode);
FLOTILLA_RECORD(SignedCheckpoint);
FLOTILLA_RECORD(Token);
FLOTILLA_RECORD(Lifecycle);
FLOTILLA_RECORD(Policy);
FLOTILLA_RECORD(Alias);
FLOTILLA_RECORD(ReleaseApproval);

}  // namespace flotilla::controller
