#pragma once

#include <string>
#include <variant>
#include <vector>

#include "controller/domain/records.h"

/// Everything that can happen to the control plane.
namespace flotilla::controller {

/// Who asks.
struct Actor {
  std::string name;      ///< the audit log's actor
  std::string identity;  ///< the person or program behind it
};

/// Of what follows from no command; no token has this identity.
inline constexpr const char* kController = "controller";
inline Actor controller_actor() {
  return {kController, kController};
}

// ---------------------------------------------------------------- commands (from the API)

struct DefineClass {
  HardwareClass definition;
};

struct EnrolDevice {
  std::string id;
  std::string hardware_class;  ///< made with default limits when it is new
  std::string site;
  std::map<std::string, std::string> labels;
  PublicKey public_key{};
};

struct RetireDevice {
  std::string id;
};

/// `version.version` must be the model's next number (ControlPlane::next_version): the manifests
/// inside are already signed for it.
struct RegisterVersion {
  ModelVersion version;
};

/// `revision.revision` and `previous` must continue the revisions there are.
struct ReviseDocument {
  DocumentRevision revision;
};

struct StartRollout {
  std::string model;
  uint32_t version = 0;
  std::vector<std::string> hardware_classes;  ///< empty: every class that has a variant
  RolloutPolicy policy;
  std::array<uint8_t, 16> salt{};  ///< random, from the caller
  bool emergency = false;          ///< back to a version that was released and is deprecated
};

enum class RolloutVerb : uint8_t { kHold, kResume, kHalt, kRollback, kCancel };

struct OperateRollout {
  uint32_t rollout = 0;
  RolloutVerb verb = RolloutVerb::kHold;
  std::string reason;
};

struct AddToken {
  Token token;
};

struct RevokeToken {
  std::string id;
};

struct SetPolicy {
  Policy policy;
};

struct RemovePolicy {
  std::string model;  ///< the patterns, exactly
  std::string hardware_class;
};

/// Says that the rules of the policies that only the version's document can answer are met, or
/// which are not: they are queries, which the domain does not read.
struct Findings {
  std::string hardware_class;
  std::vector<FailedRule> unmet;
};

/// Of the classes that are named. Also moves them to `validated` when all rules before it are met.
struct PostEvidence {
  std::string model;
  uint32_t version = 0;
  std::vector<std::string> hardware_classes;
  Digest file;
  std::map<std::string, std::string> metrics;
  std::vector<Findings> findings;
};

/// `approvals`: one for each class; their signatures are verified.
struct Approve {
  std::string model;
  uint32_t version = 0;
  std::vector<ApprovalRecord> approvals;
  std::vector<Findings> findings;
};

/// `to`: released, deprecated or revoked.
struct ChangeRelease {
  std::string model;
  uint32_t version = 0;
  std::vector<std::string> hardware_classes;
  ReleaseState to = ReleaseState::kReleased;
  std::string reason;
  std::vector<Findings> findings;  ///< for `released`
};

/// `version` 0: the alias goes.
struct MoveAlias {
  std::string model;
  std::string alias;
  uint32_t version = 0;
  std::string hardware_class;  ///< empty: on every class
};

/// The envelope was verified: it is the manifest of this variant, signed by a key that may.
struct SignRelease {
  std::string model;
  uint32_t version = 0;
  std::string hardware_class;
  Digest release_digest;
  std::string envelope;
  std::string signer;  ///< key id, for people
};

/// A newer keyset was verified as a device would do it.
struct TakeKeyset {
  uint32_t epoch = 0;
  std::string detail;    ///< what it says, for people
  std::string envelope;  ///< kept in the log, for what will have been signed under it
};

/// The bytes of a version stay, or no longer because of this.
struct PinVersion {
  std::string model;
  uint32_t version = 0;
  bool pinned = true;
  std::string reason;
};

/// Deletes the bytes of every version that nothing refers to and that is older than this.
struct DeleteVersions {
  Duration older_than;
};

// ---------------------------------------------------------------- facts (from adapters)

/// A request came with the token.
struct TokenUsed {
  std::string id;
};

/// What a device's attestation confirms: it runs this release, whose golden vectors it computed.
struct ConfirmedRelease {
  Digest release;
  Digest golden;  ///< none: the release has none
  Digest engine;  ///< that was built of it on the device; none: it runs the image
};

struct StateReported {
  std::string device;  ///< from the topic, which the broker has tied to the certificate
  StateReport report;  ///< its attestations are in `attestations`, by model
  std::map<std::string, std::string> attestations;         ///< verified ones only, verbatim
  std::map<std::string, ConfirmedRelease> confirmed = {};  ///< by those of them that confirm
};

struct HealthReported {
  std::string device;
  HealthReport report;
};

/// Answer to BuildTransfers: the full payload last; deltas that were worth it before it.
struct TransfersBuilt {
  uint32_t rollout = 0;
  std::string hardware_class;
  bool for_rollback = false;
  std::vector<Transfer> transfers;
  std::string failure;    ///< not empty: nothing was built, and why
  bool may_pass = false;  ///< the failure: of the machine (a full disk), not of what was asked for
};

/// The broker was seen to hold every chunk and the offer.
struct TransferAtRest {
  TransferId transfer = 0;
};

/// A payload does not come to rest (or does not leave), and why.
struct TransferRefused {
  TransferId transfer = 0;
  std::string reason;
  bool needs_build = false;  ///< the stored payload cannot be used; else the adapter tries again
};

struct TransferCleared {
  TransferId transfer = 0;
};

struct OutboxDelivered {
  std::vector<uint64_t> ids;
};

/// The broker does not take a committed message; it is sent again.
struct OutboxRefused {
  uint64_t id = 0;
  std::string reason;
};

/// Answer to SignCheckpoint; also made by whoever needs one at once.
struct KeepCheckpoint {
  SignedCheckpoint checkpoint;
};

/// The program starts with a keyset that is not in the log.
struct NoteKeyset {
  TakeKeyset keyset;
};

struct BrokerConnected {};
struct BrokerLost {};
struct Tick {};

using Event =
    std::variant<DefineClass, EnrolDevice, RetireDevice, RegisterVersion, ReviseDocument,
                 StartRollout, OperateRollout, AddToken, RevokeToken, SetPolicy, RemovePolicy,
                 PostEvidence, Approve, ChangeRelease, MoveAlias, SignRelease, TakeKeyset,
                 PinVersion, DeleteVersions, TokenUsed, StateReported, HealthReported,
                 TransfersBuilt, TransferAtRest, TransferRefused, TransferCleared, OutboxDelivered,
                 OutboxRefused, BrokerConnected, BrokerLost, Tick, KeepCheckpoint, NoteKeyset>;

}  // namespace flotilla::controller
