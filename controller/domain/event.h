#pragma once

#include <string>
#include <variant>
#include <vector>

#include "controller/domain/records.h"

/// Everything that can happen to the control plane.
namespace flotilla::controller {

/// Who asks: the audit log's actor.
struct Actor {
  std::string name;
  std::string role;
};

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

struct StateReported {
  std::string device;  ///< from the topic, which the broker has tied to the certificate
  StateReport report;  ///< its attestations are in `attestations`, by model
  std::map<std::string, std::string> attestations;  ///< verified ones only, verbatim
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

struct BrokerConnected {};
struct BrokerLost {};
struct Tick {};

using Event =
    std::variant<DefineClass, EnrolDevice, RetireDevice, RegisterVersion, ReviseDocument,
                 StartRollout, OperateRollout, AddToken, PinVersion, DeleteVersions, StateReported,
                 HealthReported, TransfersBuilt, TransferAtRest, TransferRefused, TransferCleared,
                 OutboxDelivered, OutboxRefused, BrokerConnected, BrokerLost, Tick, KeepCheckpoint>;

}  // namespace flotilla::controller
