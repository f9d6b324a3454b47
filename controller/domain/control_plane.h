#pragma once

#include <map>
#include <string>

#include "controller/domain/config.h"
#include "controller/domain/effect.h"
#include "controller/domain/event.h"
#include "controller/domain/fleet_state.h"
#include "controller/domain/retention.h"
#include "controller/ports/store.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// The controller's decisions: a deterministic machine of (event, now). It holds the whole fleet
/// state in memory, reads the store once in load(), and changes it only through the writes that
/// step() returns. When a commit fails the caller throws the object away and loads a new one.
class ControlPlane {
 public:
  ControlPlane(const ControlPlaneConfig& config, Hasher& hasher);

  Status load(Store& store);
  StepResult step(const Event& event, const Actor& actor, WallTime now);
  /// Directives and transfers of an older epoch are issued anew from the next tick on.
  void use_keyset(uint32_t epoch);

  // ---- queries; references stay valid until the next step
  const std::map<std::string, HardwareClass>& classes() const;
  const std::map<std::string, Device>& devices() const;
  /// model -> version number -> version
  const std::map<std::string, std::map<uint32_t, ModelVersion>>& models() const;
  /// Later documents of a version, by number from 1.
  const std::map<uint32_t, DocumentRevision>& revisions(const std::string& model,
                                                        uint32_t version) const;
  const std::map<uint32_t, Rollout>& rollouts() const;
  /// device id -> assignment
  const std::map<std::string, Assignment>& assignments(uint32_t rollout) const;
  const std::map<TransferId, Transfer>& transfers() const;
  const std::map<std::string, Token>& tokens() const;  ///< by id
  /// Null: it is released everywhere, and nobody posted anything about it.
  const Lifecycle* lifecycle(const std::string& model, uint32_t version) const;
  ReleaseState release_state(const std::string& model, uint32_t version,
                             const std::string& hardware_class) const;
  /// The rules about evidence and approvals that are not met on the class.
  std::vector<FailedRule> unmet_people_rules(const ModelVersion& version,
                                             const std::string& hardware_class, WallTime now) const;
  const std::map<PolicyKey, Policy>& policies() const;  ///< by their patterns
  std::vector<const Policy*> policies_of(std::string_view model,
                                         std::string_view hardware_class) const;
  const std::map<AliasKey, Alias>& aliases() const;
  const StandingDirective* standing(std::string_view model, std::string_view hardware_class) const;
  /// Of a release, by the approver's key.
  const std::map<KeyId, ReleaseApproval>& approvals(const Digest& release) const;
  /// Envelopes of those that devices are shown.
  std::vector<std::string> shown_approvals(const Digest& release) const;
  uint32_t next_version(std::string_view model) const;
  uint64_t audit_size() const;
  /// The newest signed head of the audit log; null: none yet.
  const SignedCheckpoint* checkpoint() const;
  /// The head of the log as it is now, to be signed and kept; nothing while it is empty.
  std::optional<Checkpoint> draft_checkpoint(WallTime now) const;
  /// Root of the checkpoint of this size; null: none was ever signed.
  const Digest* checkpoint_root(uint64_t size) const;
  /// Which versions' bytes would go, and why the others stay.
  std::vector<retention::Fate> retention_plan(Duration older_than, WallTime now) const;
  /// Artifacts that must not be removed.
  std::set<Digest> needed_artifacts() const;
  size_t outbox_size() const;
  /// Why a payload is not at rest in the broker; empty: nothing is known against it.
  std::string trouble(TransferId transfer) const;
  /// Why what the rollout needs for the class is not at rest.
  std::string trouble(const Rollout& rollout, const RolloutTarget& target) const;
  /// Who presents a token with this secret hash; nobody when there is none.
  std::optional<Actor> authorize(const Digest& secret_hash) const;
  /// Why the token's owner may not give this command, or not do this; nothing: they may.
  std::optional<Refusal> permit(const Token& token, const Event& command, WallTime now) const;
  std::optional<Refusal> permit(const Token& token, Permission permission,
                                std::vector<Reach> reaches, WallTime now) const;
  /// What was refused, dropped or suppressed since load().
  const DomainCounters& counters() const;

 private:
  ControlPlaneConfig config_;
  Hasher& hasher_;
  FleetState state_;
  const std::map<std::string, Assignment> no_assignments_;
  const std::map<KeyId, ReleaseApproval> no_approvals_;
  const std::map<uint32_t, DocumentRevision> no_revisions_;
};

/// Entries number `from` and on, at most `limit`, oldest first, appended to `out`. They are read
/// from the store and not kept in memory.
Status read_audit(Store& store, uint64_t from, uint64_t limit, std::vector<AuditEntry>& out);
/// The same entries as their canonical bytes: the leaves of the tree.
Status read_audit_bytes(Store& store, uint64_t from, uint64_t limit, std::vector<std::string>& out);
/// Numbers of the newest `limit` entries about `object` (of those below `before`) or (`below`)
/// about what lies below it, in ascending order. Reads not much more than that.
Status find_audit(Store& store, std::string_view object, bool below, size_t limit,
                  std::vector<uint64_t>& out, uint64_t before = UINT64_MAX);

}  // namespace flotilla::controller
