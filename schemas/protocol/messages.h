#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/fixed_vector.h"
#include "schemas/base/ids.h"
#include "schemas/base/time.h"
#include "schemas/protocol/limits.h"

/// The conversations as plain structs: what both sides mean, free of any encoding. `wire/` turns
/// them into bytes and back. Members of type Bytes borrow from the buffer they were decoded from.
namespace flotilla {

// ---------------------------------------------------------------- trust

/// First 8 bytes (big-endian) of SHA-256(public key).
using KeyId = uint64_t;
/// Raw P-256 point, x || y.
using PublicKey = std::array<uint8_t, 64>;
/// Raw ECDSA r || s.
using SignatureBytes = std::array<uint8_t, 64>;

enum class SignatureAlgorithm : uint8_t { kEcdsaP256Sha256 = 1 };

/// What is signed; each kind has its own domain-separation prefix (see trust.h).
enum class SignedKind : uint8_t {
  kKeyset = 1,
  kRelease = 2,
  kTransfer = 3,
  kDirective = 4,
  kAttestation = 5,
  kApproval = 6,
  kCheckpoint = 7,
};

struct SignatureView {
  KeyId key_id = 0;
  SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaP256Sha256;
  Bytes bytes;
};

/// Signed bytes as they travelled; never re-serialised.
struct Envelope {
  SignedKind kind = SignedKind::kKeyset;
  Bytes signed_bytes;
  FixedVector<SignatureView, kMaxSignatures> signatures;
};

/// A decoded value together with the bytes that its signatures cover. Decoding checks structure
/// only: until the receiver has verified the signatures the value is a claim.
template <typename T>
struct Signed {
  Envelope envelope;
  T value;
};

/// Role bits of a key.
enum KeyRole : uint8_t {
  kRoleRoot = 1,
  kRoleRelease = 2,
  kRoleDirector = 4,
  kRoleApprover = 8,
};

struct KeysetKey {
  PublicKey public_key{};
  uint8_t roles = 0;
  /// What a release or approver key may sign for (see scope.h); empty: everything. Borrowed.
  std::string_view scopes{};
};

/// How many approvers must have signed a release of a model and class that `scope` names. Where
/// several rules do, the largest number counts.
struct ApprovalRule {
  std::string_view scope;  ///< one, borrowed
  uint8_t count = 0;       ///< 1 .. kMaxApprovals
};

/// Signed list of keys and roles. A newer epoch replaces an older one when the threshold of the
/// *old* root keys signed it (and of the new ones, where they differ).
struct Keyset {
  uint32_t epoch = 0;
  WallTime issued;
  uint8_t root_threshold = 1;
  FixedVector<KeysetKey, kMaxKeys> keys;
  FixedVector<ApprovalRule, kMaxApprovalRules> approval_rules;
};

// ---------------------------------------------------------------- the audit log

/// A log's length and the root of the Merkle tree over its entries (hash_tree.h). None: size 0.
struct LogHead {
  uint64_t size = 0;
  Digest root;
  bool operator==(const LogHead&) const = default;
};

/// What the director vouches for: at `time` the log had this head.
struct Checkpoint {
  FixedString<kMaxOrigin> origin;  ///< of the log: "flotilla/" and 16 digits of its first leaf
  LogHead head;
  WallTime time;
};

/// Path which shows that a longer log begins with the `from` entries of a shorter one.
struct GrowthProof {
  uint64_t from = 0;
  Bytes path;
};

/// What a device can say of the newest checkpoint that it accepted. The numbers travel.
enum class Witness : uint8_t {
  kNone = 0,      ///< it has seen none
  kProven = 1,    ///< it is the first, or was proven to grow from the one before
  kUnproven = 2,  ///< no proof came along: it took the longer log unseen
  kSplit = 3,     ///< it was shown another log as well
};

// ---------------------------------------------------------------- what may run

/// What may run on a hardware class. Signed by a release key; has no expiry.
struct ReleaseManifest {
  Name model;
  uint32_t version = 0;  ///< assigned by the registry, from 1
  FixedString<kMaxVersionLabel> label;
  Name hardware_class;
  uint32_t security_counter = 0;
  Digest image_digest;
  uint64_t image_size = 0;  ///< bytes, as installed
  Digest golden_digest;     ///< golden-vector file; none: no golden vectors
  FixedString<kMaxRuntimeRequirement> runtime;
  Digest document_digest;  ///< version document
  uint64_t checkpoint_size = 0;
  Digest checkpoint_root;  ///< newest audit checkpoint when it was signed
};

/// A person's consent to one release, signed with the approver's own key. The release digest binds
/// it; model, version and class repeat what the release says.
struct Approval {
  Digest release_digest;
  Name model;
  uint32_t version = 0;
  Name hardware_class;
  FixedString<kMaxApproverName> approver;  ///< for people; what counts is the key
  WallTime issued;
};

// ---------------------------------------------------------------- how its bytes travel

/// First 8 bytes (big-endian) of the transfer digest (see trust.h); 16 hex digits in topics.
using TransferId = uint64_t;

enum class Codec : uint8_t { kWeights = 2 };

/// How a release's bytes travel this time. Signed by the director key. The expiry is not part of
/// the transfer digest: renewing it re-signs the manifest and moves no chunk.
struct TransferManifest {
  Digest release_digest;
  Digest base_digest;  ///< none: full payload
  uint64_t payload_size = 0;
  uint32_t chunk_count = 0;
  uint32_t chunk_max = 0;  ///< payload bytes of the largest chunk
  Digest merkle_root;
  Codec codec = Codec::kWeights;
  uint32_t decoder_memory = 0;  ///< bytes the applier needs besides the chunk buffer
  WallTime expires;
};

/// An approval within an offer: the envelope as it travelled, and what counts of it.
struct OfferedApproval {
  Bytes envelope;
  Digest release_digest;
  Bytes signed_bytes;
  SignatureView signature;
};
using Approvals = FixedVector<OfferedApproval, kMaxApprovals>;

/// Retained on .../m: everything a device needs before the first chunk.
struct TransferOffer {
  Signed<TransferManifest> transfer;
  Signed<ReleaseManifest> release;
  Bytes golden;  ///< golden-vector file; its digest stands in the release manifest
  Approvals approvals;
  /// To the release's checkpoint, from those of earlier releases.
  FixedVector<GrowthProof, kMaxGrowthProofs> growth;
};

/// One piece of a payload; verifiable alone against the manifest's Merkle root.
struct Chunk {
  TransferId transfer = 0;
  uint32_t index = 0;
  uint64_t output_offset = 0;
  uint32_t output_length = 0;
  Bytes path;  ///< sibling nodes, leaf first, kMerkleNodeSize bytes each
  Bytes payload;
};

// ---------------------------------------------------------------- intent

enum class Verb : uint8_t {
  kInstall = 1,   ///< bring the cohort to the release
  kHold = 2,      ///< start nothing new; what is in trial runs to its end
  kRollback = 3,  ///< bring the cohort back to the release, also from a trial
};

struct Offer {
  Digest base_digest;  ///< none: full payload, always last
  TransferId transfer = 0;
};

/// Devices whose cohort position lies in [low, high], of one site or (empty) any.
struct CohortTerm {
  Name site;
  uint32_t low = 0;
  uint32_t high = UINT32_MAX;
};

/// The complete current intent for one model and one hardware class (or one device). The newest
/// (epoch, seq) wins; older ones are refused.
struct Directive {
  Name model;
  Name hardware_class;
  DeviceId device;     ///< empty: the whole class
  uint32_t epoch = 0;  ///< keyset epoch: fences a stale controller
  uint64_t seq = 0;
  uint32_t rollout = 0;
  Verb verb = Verb::kInstall;
  Digest release_digest;
  uint32_t version = 0;
  Digest image_digest;  ///< of the release: lets a device that holds the bytes skip the transfer
  WallTime issued;
  WallTime expires;
  WallTime not_before;
  uint32_t floor = 0;              ///< raise the security floor to this; 0: leave it
  uint32_t healthy_for_s = 0;      ///< seconds of health before a trial is confirmed
  uint32_t trial_deadline_s = 0;   ///< seconds after which an unconfirmed trial reverts
  uint8_t trial_attempts = 0;      ///< restarts a trial may consume
  uint32_t start_window_s = 0;     ///< devices start at a random moment of this window
  std::array<uint8_t, 16> salt{};  ///< rollout salt of the cohort position
  FixedVector<Offer, kMaxOffers> offers;
  FixedVector<CohortTerm, kMaxCohortTerms> cohort;
  Bytes revoked{};  ///< image digests, one after the other: none of them is to run any more
};

// ---------------------------------------------------------------- truth

/// Where a device stands with a model. The numbers travel and are stored; never change them.
enum class UpdateState : uint8_t {
  kIdle = 0,
  kTransferring = 1,
  kStaged = 2,
  kTrial = 3,
  kConfirmed = 4,
  kReverted = 5,
  kRejected = 6,  ///< refused before anything was written
  kFailed = 7,    ///< gave up before the trial
};

/// Why a device refused, failed or reverted. The numbers travel and are stored.
enum class Reason : uint8_t {
  kNone = 0,
  kBadSignature = 1,
  kUnknownKey = 2,
  kReplayed = 3,
  kExpired = 4,
  kWrongClass = 5,
  kBelowFloor = 6,
  kImageTooLarge = 7,
  kDecoderMemory = 8,
  kUnknownCodec = 9,
  kNoOffer = 10,
  kManifestMismatch = 11,
  kBadChunk = 12,
  kStorageFull = 13,
  kStorageError = 14,
  kDigestMismatch = 15,
  kSelfTestFailed = 16,
  kSelfTestTimeout = 17,
  kSelfTestError = 18,
  kActivationFailed = 19,
  kHealthTimeout = 20,
  kHealthWrongDigest = 21,
  kUnhealthy = 22,
  kAttemptsExhausted = 23,
  kSuperseded = 24,
  kOrdered = 25,       ///< the controller said so
  kNotDelegated = 26,  ///< the release key may not sign for this model and class
  kNotApproved = 27,   ///< fewer approvals than the keyset asks for
  kRevoked = 28,       ///< a directive says that the image is not to run any more
};
inline constexpr Reason kLastReason = Reason::kRevoked;

/// Order of reports of one device: a new incarnation is audited, otherwise the larger
/// (boot_count, seq) is newer.
struct ReportOrder {
  uint64_t incarnation = 0;  ///< random, made with the journal
  uint32_t boot_count = 0;
  uint64_t seq = 0;
  auto operator<=>(const ReportOrder&) const = default;
};

/// Signed with the device's own key when a trial ends; stored verbatim by the controller.
struct Attestation {
  DeviceId device;
  Name model;
  uint32_t rollout = 0;
  UpdateState outcome = UpdateState::kConfirmed;  ///< kConfirmed or kReverted
  Digest release_digest;
  Digest measured_digest;  ///< of the active slot as the storage returned it; none: no model
  Digest golden_digest;    ///< of the golden vectors that a confirmed image passed, if it has any
  ReportOrder order;       ///< of the moment the outcome was decided
  Digest engine_digest;  ///< of what the device built of a confirmed image and runs; none: nothing
};

struct DirectivePosition {
  uint32_t epoch = 0;
  uint64_t seq = 0;
  auto operator<=>(const DirectivePosition&) const = default;
};

/// One model's part of a state report.
struct ModelState {
  Name model;
  uint64_t slot_size = 0;  ///< bytes
  Digest active_digest;    ///< measured; none: no model
  uint32_t active_version = 0;
  Digest spare_digest;  ///< complete image in the spare slot; none otherwise
  uint32_t floor = 0;
  UpdateState state = UpdateState::kIdle;
  Reason reason = Reason::kNone;
  FixedString<kMaxReasonText> detail;  ///< for people: hook output and the like
  uint32_t rollout = 0;
  DirectivePosition directive;  ///< newest accepted
  TransferId transfer = 0;
  uint32_t chunks_done = 0;
  uint32_t chunks_total = 0;
  uint64_t bytes_received = 0;  ///< chunk messages of this rollout, duplicates included
  uint32_t chunks_refused = 0;  ///< failed proof, index, range or length
  Bytes attestation;            ///< signed envelope; empty without an outcome
};

/// The device's complete state; repeated with backoff until acknowledged.
struct StateReport {
  DeviceId device;
  Name hardware_class;  ///< as the device believes; enrolment decides
  ReportOrder order;
  FixedString<32> software;
  FixedVector<ModelState, kMaxReportedModels> models;
  Witness witness = Witness::kNone;
  LogHead checkpoint;  ///< newest that it accepted
  LogHead conflict;    ///< contradicts `checkpoint`; none unless `witness` is kSplit
};

/// One model's part of a health report.
struct ModelHealth {
  Name model;
  Digest loaded_digest;  ///< as the application says
  bool healthy = false;
  uint64_t inferences = 0;
  uint64_t failures = 0;
  uint32_t latency_p50_us = 0;
  uint32_t latency_p99_us = 0;
};

struct HealthReport {
  DeviceId device;
  ReportOrder order;
  uint64_t uptime_s = 0;
  FixedVector<ModelHealth, kMaxReportedModels> models;
};

struct AcknowledgedDirective {
  Name model;
  DirectivePosition newest;
};

/// Controller to device, sent only after the durable commit. Carries the newest directives, so that
/// a lost one is noticed.
struct Acknowledgement {
  ReportOrder order;  ///< of the newest committed report
  FixedVector<AcknowledgedDirective, kMaxReportedModels> directives;
  uint32_t reconnect_window_s = 0;  ///< spread the first reconnection attempt over this
};

}  // namespace flotilla
