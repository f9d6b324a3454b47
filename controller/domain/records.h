#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controller/domain/grants.h"
#include "controller/domain/lifecycle_records.h"
#include "schemas/base/digest.h"
#include "schemas/base/time.h"
#include "schemas/protocol/messages.h"

/// What the controller keeps, as plain structs. Each is one value in the store.
namespace flotilla::controller {

/// What the devices of a hardware class have in common; payloads are built for it.
struct HardwareClass {
  std::string name;
  uint64_t slot_size = 256u << 20;        ///< bytes a model image may have
  uint32_t chunk_max = kDefaultChunkMax;  ///< payload bytes of a chunk
  uint32_t erase_unit = 4096;             ///< bytes; output ranges align to it
  uint32_t decoder_memory = 64 * 1024;    ///< bytes a transfer may declare
  // What a variant may ask for; 0 and empty: not stated.
  uint64_t ram = 0;             ///< bytes that a model may use while it runs
  std::string runtime;          ///< that is installed: "onnxruntime"
  std::string runtime_version;  ///< "1.16.3"
  std::string accelerator;      ///< "npu"
  std::string accelerator_generation;
};

/// How often an operator occurs in a model's graph.
struct OperatorCount {
  std::string name;
  uint64_t count = 0;
};

/// What was found in an image when its version was registered; measured, not declared.
struct ImageFacts {
  uint8_t inspection = 0;   ///< version of the inspection; 0: there was none
  std::string format;       ///< "onnx"; of no known format: "opaque" or "text"
  uint64_t parameters = 0;  ///< elements of everything that is learned
  std::string dtype;        ///< of most weights; empty: no weights were found
  uint64_t weight_tensors = 0;
  uint64_t weights = 0;  ///< their elements
  bool is_sparsity_known = false;
  uint32_t sparsity_ppm = 0;             ///< exact zeros among the weights, in millionths
  std::string quantisation;              ///< of most weights: "none", "per channel", ...
  bool is_symmetric = false;             ///< all quantised weights are
  std::vector<OperatorCount> operators;  ///< by name; empty: the file does not say
  Digest inventory;                      ///< artifact with everything that was found, as JSON
};

/// A version's build for one hardware class.
struct Variant {
  std::string hardware_class;
  Digest image_digest;
  uint64_t image_size = 0;
  Digest golden_digest;  ///< none: no golden vectors
  std::string runtime;
  uint32_t security_counter = 0;
  Digest release_digest;         ///< none: a draft, which nobody has signed yet
  std::string release_envelope;  ///< signed release manifest, as it travels
  ImageFacts facts;
  LogHead checkpoint;  ///< of the audit log, as it stands in the release manifest
};

/// Where the weights of a delta-aware version come from: those of another version, rounded so that
/// the delta from a base is small.
struct Lineage {
  uint32_t rounded_from = 0;  ///< version; 0: this one is as it was pushed
  uint32_t base = 0;          ///< version
  uint32_t step_ppm = 0;      ///< millionths of what the update changes
};

/// An immutable version of a model.
struct ModelVersion {
  std::string model;
  uint32_t version = 0;
  std::string label;
  std::string document;  ///< version document (JSON text), kept verbatim
  Digest document_digest;
  WallTime created;
  std::string created_by;
  std::vector<Variant> variants;
  Lineage lineage;
  // Of its bytes; what was signed never changes.
  bool pinned = false;  ///< stays whatever refers to it
  std::string pinned_by;
  WallTime deleted;  ///< 0: they are there
  std::string deleted_by;
};

/// Only the record of the version is left.
inline bool is_deleted(const ModelVersion& version) {
  return version.deleted.ms != 0;
}

/// An approver's consent to one release, as it goes to the devices.
struct ReleaseApproval {
  Digest release_digest;
  KeyId signer = 0;
  std::string approver;
  std::string model;
  uint32_t version = 0;
  std::string hardware_class;
  std::string envelope;  ///< signed approval, verified when it came
  WallTime created;
  std::string created_by;
};

/// A later version document of an immutable version: a correction that points at the one before.
struct DocumentRevision {
  std::string model;
  uint32_t version = 0;
  uint32_t revision = 0;  ///< from 1; the document of the version itself is revision 0
  std::string document;   ///< JSON text, kept verbatim
  Digest document_digest;
  Digest previous;  ///< of revision - 1; none: it had no document
  std::string reason;
  WallTime created;
  std::string created_by;
};

/// What the controller knows of one device and one model.
struct DeviceModel {
  ModelState reported;      ///< newest accepted report; its Bytes member is empty
  std::string attestation;  ///< newest valid attestation, verbatim
  bool attestation_valid = false;
  Digest confirmed_release;  ///< by this attestation; none: it tells of a trial that failed
  Digest confirmed_golden;   ///< whose vectors the device computed; none: the release has none
  Digest confirmed_engine;   ///< that it built of the image and runs; none: it runs the image
};

struct Device {
  std::string id;
  std::string hardware_class;  ///< from enrolment, never from reports
  std::string site;
  std::map<std::string, std::string> labels;
  PublicKey public_key{};
  uint16_t shard = 0;
  WallTime enrolled;
  bool retired = false;
  ReportOrder order;  ///< of the newest committed report
  uint64_t previous_incarnation = 0;
  uint32_t previous_boot_count = 0;  ///< of its newest report, to tell replays from a twin
  uint64_t previous_seq = 0;
  uint32_t incarnation_changes = 0;
  WallTime incarnation_audited;      ///< changes are audited once per interval
  bool duplicate_suspected = false;  ///< two incarnations alternate
  std::string claimed_class;         ///< when it differs from hardware_class
  std::string software;
  WallTime last_report;
  std::map<std::string, DeviceModel> models;
  // last health report; in memory, coalesced to the store
  WallTime last_health;
  std::map<std::string, ModelHealth> health;
  // what it remembers of this log, as reported
  Witness witness = Witness::kNone;
  LogHead checkpoint;
  LogHead conflict;                ///< of a split view
  bool witness_disagrees = false;  ///< one of them is no checkpoint of this log
};

/// One payload at rest in the broker for a hardware class.
struct Transfer {
  TransferId id = 0;
  std::string hardware_class;
  std::string model;
  Digest release_digest;
  Digest base_digest;  ///< none: full payload
  TransferManifest manifest;
  std::string manifest_envelope;  ///< signed transfer manifest
  uint64_t message_bytes = 0;     ///< all chunk messages and the offer: what the broker holds
  Digest payload_file;            ///< artifact that holds the encoded chunk messages
  enum class State : uint8_t {
    kBuilt = 0,
    kPublishing = 1,
    kAtRest = 2,
    kClearing = 3
  } state = State::kBuilt;
  uint32_t keyset_epoch = 0;  ///< under which its manifest was signed; 0: not known
};

enum class RolloutState : uint8_t {
  kDraft = 0,
  kPreparing = 1,
  kRunning = 2,
  kHolding = 3,
  kCompleted = 4,
  kHalted = 5,
  kRollingBack = 6,
  kRolledBack = 7,
  kCancelled = 8,
};

enum class AssignmentState : uint8_t {
  kPending = 0,
  kOffered = 1,
  kTransferring = 2,
  kStaged = 3,
  kTrial = 4,
  kConfirmed = 5,
  kReverted = 6,
  kRejected = 7,
  kFailed = 8,
  kExpired = 9,
};

/// How a rollout proceeds; fixed at its start.
struct RolloutPolicy {
  uint32_t canary_percent = 10;  ///< of each hardware class, at least one device
  uint32_t canary_count = 0;     ///< devices of each class; wins over the percentage when not 0
  uint32_t max_failure_percent = 20;  ///< of attempted devices, above which it halts
  uint32_t min_attempted = 1;         ///< devices that must have tried before a wave is judged
  uint32_t soak_s = 5;  ///< a wave is watched at least this long after its last outcome
  bool rollback_on_halt = true;
  uint32_t healthy_for_s = 10;
  uint32_t trial_deadline_s = 120;
  uint8_t trial_attempts = 3;
  uint32_t start_window_s = 0;
  uint32_t expires_s = 30 * 24 * 3600;
};

/// One hardware class's part of a rollout.
struct RolloutTarget {
  std::string hardware_class;
  Digest release_digest;
  Digest previous_release;  ///< what a rollback returns to; none: there is nothing
  uint32_t previous_version = 0;
  uint64_t first_seq = 0;             ///< of its first directive; 0: none was issued
  uint64_t rollback_seq = 0;          ///< of its first rollback directive; 0: none was issued
  std::vector<TransferId> transfers;  ///< of the release, full payload last
  std::vector<TransferId> previous_transfers;  ///< of previous_release, made when rolling back
};

/// One device x one rollout.
struct Assignment {
  uint32_t rollout = 0;
  std::string device;
  uint32_t wave = 0;
  uint32_t position = 0;  ///< cohort position
  AssignmentState state = AssignmentState::kPending;
  Reason reason = Reason::kNone;
  std::string detail;
  uint32_t chunks_done = 0;
  uint32_t chunks_total = 0;
  uint64_t bytes_received = 0;
  WallTime changed;
  bool rolled_back = false;  ///< runs the previous release again
};

struct Wave {
  uint32_t number = 0;  ///< 0: the canary
  WallTime opened;
  WallTime last_outcome;
};

struct Rollout {
  uint32_t id = 0;
  std::string model;
  uint32_t version = 0;
  RolloutState state = RolloutState::kDraft;
  std::string state_reason;  ///< why it halted or what it waits for
  std::string started_by;
  RolloutPolicy policy;
  std::array<uint8_t, 16> salt{};
  std::vector<RolloutTarget> targets;
  std::vector<Wave> waves;
  WallTime created;
  WallTime finished;
};

/// The standing intent for a model and a hardware class: what is (to be) retained in the broker.
struct StandingDirective {
  std::string model;
  std::string hardware_class;
  Directive directive;          ///< without its list of revoked images, which it only borrows
  std::vector<Digest> revoked;  ///< that list; at most kMaxRevoked
};

/// A committed message that the broker has not yet accepted. It names what to send; the bytes are
/// made from the durable state when it is sent.
struct OutboxEntry {
  uint64_t id = 0;
  enum class Kind : uint8_t { kDirective = 1 } kind = Kind::kDirective;
  std::string model;
  std::string hardware_class;
};

/// One line of the audit log: gap-free number, canonical bytes that never change.
struct AuditEntry {
  uint64_t number = 0;  ///< from 0
  WallTime time;
  std::string actor;   ///< token name, "device:ID" or "controller"
  std::string action;  ///< "version.registered", "rollout.halted", ...
  std::string object;  ///< "model/pose/3", "rollout/7", "device/d1"
  std::string detail;
  std::string evidence;  ///< what proves it, verbatim: a device's attestation; mostly empty
};

/// Inner node of the Merkle tree over the audit log.
struct AuditNode {
  Digest hash;
};

/// An entry is found by its object; the key says it all.
struct AuditMark {};

/// A head of the audit log that the director has signed.
struct SignedCheckpoint {
  Checkpoint value;
  std::string envelope;  ///< as it is handed out
};

/// Bearer token: only its hash is kept.
struct Token {
  std::string id;
  std::string name;
  std::string identity;  ///< whose it is: two tokens of one identity are one person
  Digest secret_hash;
  WallTime created;
  std::vector<Grant> grants;
  WallTime expires;    ///< 0: never
  WallTime last_used;  ///< to the minute; 0: never
};

}  // namespace flotilla::controller
