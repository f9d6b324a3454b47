#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "controller/domain/records.h"
#include "controller/ports/store.h"

/// What the control plane asks for. Effects may be carried out only after the writes of the same
/// step were committed; every one may be repeated.
namespace flotilla::controller {

/// Publish (retained) the standing directive of a model and class; answer OutboxDelivered{id}. In
/// the order in which they were asked for, so that the newest is what the broker retains.
struct PublishDirective {
  uint64_t outbox_id = 0;  ///< 0: a repetition for a broker that may have forgotten; no answer
  Directive directive;
  std::vector<Digest> revoked = {};  ///< images that the directive names

  /// Complete. Borrows from this effect.
  Directive message() const {
    static_assert(sizeof(Digest) == Digest::kSize);
    Directive out = directive;
    if (!revoked.empty()) out.revoked = {revoked[0].bytes.data(), revoked.size() * Digest::kSize};
    return out;
  }
};

/// Tell a device what is durable.
struct SendAcknowledgement {
  std::string device;
  Acknowledgement acknowledgement;
};

/// Worker: build the full payload of `image` and a delta from each base; answer TransfersBuilt.
struct BuildTransfers {
  uint32_t rollout = 0;
  bool for_rollback = false;
  std::string model;
  HardwareClass hardware_class;
  Variant variant;            ///< the release to be delivered
  std::vector<Digest> bases;  ///< images known to the artifact store
  WallTime expires;
  std::vector<std::string> approvals;  ///< envelopes that travel with the offer
  uint32_t keyset_epoch = 0;
};

/// Bring a payload to rest in the broker (publish what an audit finds missing or wrong); answer
/// TransferAtRest.
struct PlaceTransfer {
  Transfer transfer;
  Digest golden_digest;
  std::string release_envelope;
  std::vector<std::string> approvals;  ///< at most kMaxApprovals envelopes
  uint64_t log_size = 0;               ///< of the release's checkpoint; 0: it has none
  /// Of checkpoints from which its growth is shown, where a path fits: newest first.
  std::vector<uint64_t> earlier_logs;
  size_t offer_limit = kMaxOfferMessage;  ///< bytes that devices of the class can receive
};

/// Remove a payload from the broker; answer TransferCleared. A later PlaceTransfer of the same id
/// wins.
struct ClearTransfer {
  Transfer transfer;
};

/// The broker's access rules must be regenerated from the enrolled devices.
struct RegenerateRights {};

/// Sign the head of the audit log with the director's key; answer KeepCheckpoint.
struct SignCheckpoint {
  Checkpoint checkpoint;
};

/// Put a keyset that is on record in force: keep it, sign under it, publish it.
struct AdoptKeyset {
  std::string envelope;
};

/// Remove files that nothing refers to any more; look again before each.
struct RemoveArtifacts {
  std::vector<Digest> artifacts;
};

using Effect =
    std::variant<PublishDirective, SendAcknowledgement, BuildTransfers, PlaceTransfer,
                 ClearTransfer, RegenerateRights, SignCheckpoint, AdoptKeyset, RemoveArtifacts>;

/// Why a command was refused, in words for people and a code for programs.
struct Refusal {
  Code code = Code::kInternal;
  std::string message;    ///< what was wrong, with both values where two disagree
  std::string remedy;     ///< what to do
  std::string rule = {};  ///< code of its own, where the canonical one says too little
  std::vector<FailedRule> failed = {};
  std::vector<std::string> held_by = {};  ///< identities that have the missing right
};

/// Result of one step. A refused command has no writes but those of its audit entry.
struct StepResult {
  std::vector<Write> writes;
  std::vector<Effect> effects;
  std::optional<Refusal> refusal;
  uint32_t created_rollout = 0;  ///< id that StartRollout made
};

}  // namespace flotilla::controller
