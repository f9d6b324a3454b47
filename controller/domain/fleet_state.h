#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "controller/domain/audit_tree.h"
#include "controller/domain/meta.h"
#include "controller/domain/records.h"
#include "controller/ports/store.h"

namespace flotilla::controller {

/// What was refused, dropped or suppressed since load().
struct DomainCounters {
  uint64_t reports_accepted = 0;
  uint64_t reports_duplicate = 0;  ///< replays and repetitions; acknowledged, not applied
  uint64_t reports_refused = 0;    ///< device unknown, retired, or not the topic's
  uint64_t reports_deferred = 0;   ///< of devices that have said too much; they say it again
  uint64_t health_refused = 0;
  uint64_t positions_ahead = 0;    ///< reports of directives that this store never issued
  uint64_t answers_stale = 0;      ///< from builds or publishes that nobody waits for any more
  uint64_t audits_suppressed = 0;  ///< one of a kind per interval
  uint64_t outbox_coalesced = 0;   ///< directives replaced before the broker had accepted them
  uint64_t commands_refused = 0;
};

/// Number of assignments in each state.
using Tally = std::array<uint32_t, static_cast<size_t>(AssignmentState::kExpired) + 1>;

/// Derived from a rollout's assignments; always equal to a recount.
struct RolloutIndex {
  std::map<uint32_t, Tally> waves;
  std::set<std::string> open;  ///< devices whose assignment is not at its end
};

using VersionKey = std::pair<std::string, uint32_t>;       ///< model, version
using DirectiveKey = std::pair<std::string, std::string>;  ///< hardware class, model

using PolicyKey = std::pair<std::string, std::string>;  ///< patterns: model, hardware class
using AliasKey = std::pair<std::string, std::string>;   ///< model, alias

/// Why a payload does not come to rest in the broker.
struct PayloadTrouble {
  std::string reason;
  bool needs_build = false;
};

/// What the reports of a device have put into the log lately.
struct SpeechBudget {
  WallTime since;  ///< of the interval that is counted
  uint64_t entries = 0;
};

/// A build that failed and is tried again.
struct BuildTrouble {
  std::string reason;
  uint32_t failures = 0;
};

using BuildKey = std::tuple<uint32_t, std::string, bool>;  ///< rollout, class, for rollback

/// Known only while the process runs. Losing it may repeat an effect, never a decision.
struct Volatile {
  bool resumed = false;  ///< the first step after load() has asked for what was pending
  std::optional<WallTime> listening_since;  ///< connected to the broker since
  std::optional<WallTime> placed;           ///< when every payload was last asked for in the broker
  std::map<BuildKey, WallTime> builds;      ///< -> when the build may be asked for again
  std::map<BuildKey, BuildTrouble> build_troubles;
  std::map<TransferId, PayloadTrouble> payload_troubles;
  std::map<uint64_t, std::string> outbox_troubles;  ///< entry -> why the broker does not take it
  std::map<uint64_t, WallTime> sent;                ///< outbox entry -> last publish
  /// device -> last_health in the store
  std::map<std::string, WallTime> health_stored;
  std::map<std::string, SpeechBudget> speech;  ///< of devices
  std::optional<Checkpoint> checkpoint_asked;  ///< to be signed
  uint32_t keyset_taken = 0;  ///< epoch that is on record and perhaps not yet in force
  DomainCounters counters;
};

/// Everything the control plane knows, in memory. Changed only through a StepContext.
struct FleetState {
  Meta meta;
  std::map<std::string, HardwareClass> classes;
  std::map<std::string, Device> devices;
  std::map<std::string, std::map<uint32_t, ModelVersion>> models;
  std::map<VersionKey, std::map<uint32_t, DocumentRevision>> revisions;  ///< by their number
  std::map<uint32_t, Rollout> rollouts;
  std::map<uint32_t, std::map<std::string, Assignment>> assignments;
  std::map<TransferId, Transfer> transfers;
  std::map<DirectiveKey, StandingDirective> standing;
  std::map<uint64_t, OutboxEntry> outbox;
  std::map<std::string, Token> tokens;
  std::map<VersionKey, Lifecycle> lifecycles;
  std::map<PolicyKey, Policy> policies;
  std::map<AliasKey, Alias> aliases;
  /// By release and key of the approver.
  std::map<Digest, std::map<KeyId, ReleaseApproval>> approvals;
  AuditTree log;                           ///< over the audit entries
  std::map<uint64_t, Digest> checkpoints;  ///< every one that was signed: size -> root
  std::optional<SignedCheckpoint> newest_checkpoint;

  std::map<uint32_t, RolloutIndex> index;
  Volatile memory;

  /// Reads every table; the first record that is not what it should be ends it.
  Status load(Store& store, Hasher& hasher);

  const Variant* find_variant(std::string_view model, uint32_t version,
                              std::string_view hardware_class) const;
  const StandingDirective* find_standing(std::string_view hardware_class,
                                         std::string_view model) const;
  /// The directive that stands for the class is the rollout's.
  bool owns_directive(const Rollout& rollout, std::string_view hardware_class) const;
};

bool is_open(AssignmentState state);
/// Under way: transferring, staged or in trial.
bool is_under_way(AssignmentState state);
/// Tried and failed: reverted, rejected or failed.
bool is_failure(AssignmentState state);
/// Not at its end and not halted: nothing else may move the same model and class.
bool is_live(RolloutState state);

RolloutTarget* find_target(Rollout& rollout, std::string_view hardware_class);
const RolloutTarget* find_target(const Rollout& rollout, std::string_view hardware_class);

/// The device may take part in rollouts of the model: it is enrolled, agrees about its class, is
/// the only one of its name, and has reported the model.
bool is_eligible(const Device& device, std::string_view hardware_class, std::string_view model);
/// A report of the device was accepted since it was enrolled.
bool has_reported(const Device& device);
/// The device is eligible, or has never reported: then it is debt, which neither blocks nor counts
/// as missing.
bool may_take_part(const Device& device, std::string_view hardware_class, std::string_view model);
/// When the device was last heard from, by report or by health.
WallTime last_heard(const Device& device);

}  // namespace flotilla::controller
