#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controller/domain/config.h"
#include "controller/domain/effect.h"
#include "controller/domain/event.h"
#include "controller/domain/fleet_state.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// One step under way: the state it may change, and what it has gathered so far. A machine changes
/// a record in `state` and touches it; finish() turns what was touched into writes, each record
/// once, as it is at the end of the step.
class StepContext {
 public:
  StepContext(FleetState& fleet, const ControlPlaneConfig& settings, Hasher& sha256, Actor by,
              WallTime at)
      : state(fleet),
        config(settings),
        hasher(sha256),
        actor(std::move(by.name)),
        identity(by.identity.empty() ? actor : std::move(by.identity)),
        now(at) {}

  FleetState& state;
  const ControlPlaneConfig& config;
  Hasher& hasher;
  std::string actor;     ///< of the audit entries
  std::string identity;  ///< whom what is made here belongs to
  const WallTime now;
  bool plan_changed = false;  ///< what is needed at rest in the broker may differ

  void touch(const HardwareClass& record);
  void touch(const Device& record);
  void touch(const ModelVersion& record);
  void touch(const DocumentRevision& record);
  void touch(const Rollout& record);
  void touch(const Assignment& record);
  void touch(const Transfer& record);
  void touch(const StandingDirective& record);
  void touch(const OutboxEntry& record);
  void touch(const Token& record);
  void touch(const Lifecycle& record);
  void touch(const Policy& record);
  void touch(const Alias& record);
  void touch(const ReleaseApproval& record);
  void touch(const SignedCheckpoint& record);
  void touch_meta();
  void drop_transfer(TransferId id);
  void drop_outbox(uint64_t id);
  void drop_token(const std::string& id);
  void drop_policy(const PolicyKey& key);
  void drop_alias(const AliasKey& key);
  void drop_approval(const Digest& release, KeyId signer);
  void drop_assignment(const Assignment& record);

  void emit(Effect effect);
  /// `evidence`: kept verbatim with the entry.
  void audit(std::string_view action, std::string_view object, std::string_view detail,
             std::string_view evidence = {});

  bool has_writes() const { return !changed_.empty(); }
  StepResult& result() { return result_; }
  /// Ends the step.
  StepResult finish();

 private:
  template <typename Record>
  void keep(std::string key, const Record& record);

  /// key -> its new value, made when the step ends; empty: the key goes
  std::map<std::string, std::function<std::string()>> changed_;
  StepResult result_;
};

/// Why a command is refused; nothing when it was carried out.
using Refused = std::optional<Refusal>;

inline Refusal refusal(Code code, std::string message, std::string remedy) {
  return Refusal{code, std::move(message), std::move(remedy)};
}

}  // namespace flotilla::controller
