#include <type_traits>

#include "controller/domain/access_control.h"
#include "controller/domain/policies.h"

/// What a command touches, by command. A command without an overload does not compile.
namespace flotilla::controller::access_control {
namespace {

constexpr const char* kAll = kEvery;

/// A device at no site is at none that a pattern names.
Reach reach_of(const std::string& hardware_class, const std::string& site) {
  return {"", hardware_class, site.empty() ? kAll : site, ""};
}

Demand on_version(const FleetState& state, Permission permission, const std::string& model,
                  uint32_t version) {
  Demand out{permission, {}};
  const auto versions = state.models.find(model);
  if (versions == state.models.end()) return {permission, {{model, kAll, "", ""}}};
  const auto found = versions->second.find(version);
  if (found == versions->second.end()) return {permission, {{model, kAll, "", ""}}};
  for (const Variant& v : found->second.variants) {
    out.reaches.push_back({model, v.hardware_class, "", ""});
  }
  return out;
}

Demand on_classes(Permission permission, const std::string& model,
                  const std::vector<std::string>& classes) {
  Demand out{permission, {}};
  for (const std::string& name : classes) out.reaches.push_back({model, name, "", ""});
  if (classes.empty()) out.reaches.push_back({model, kAll, "", ""});
  return out;
}

/// A rollout reaches every site of its classes.
Demand on_every_site(Demand demand) {
  for (Reach& reach : demand.reaches) reach.site = kAll;
  return demand;
}

Demand of(const FleetState&, const DefineClass& c) {
  return {Permission::kDefineClass, {{"", c.definition.name, "", ""}}};
}

/// Also of what the device was before.
Demand of(const FleetState& state, const EnrolDevice& c) {
  Demand out{Permission::kEnrol, {}};
  const auto known = state.devices.find(c.id);
  std::string site = c.site;
  if (known != state.devices.end()) {
    const Device& device = known->second;
    out.reaches.push_back(reach_of(device.hardware_class, device.site));
    if (site.empty()) site = device.site;
  }
  out.reaches.push_back(reach_of(c.hardware_class, site));
  return out;
}

Demand of(const FleetState& state, const RetireDevice& c) {
  const auto known = state.devices.find(c.id);
  if (known == state.devices.end()) return {Permission::kEnrol, {{"", kAll, kAll, ""}}};
  return {Permission::kEnrol, {reach_of(known->second.hardware_class, known->second.site)}};
}

Demand of(const FleetState&, const RegisterVersion& c) {
  Demand out{Permission::kPublish, {{c.version.model, "", "", ""}}};
  for (const Variant& v : c.version.variants) {
    out.reaches.push_back({c.version.model, v.hardware_class, "", ""});
  }
  return out;
}

Demand of(const FleetState& state, const ReviseDocument& c) {
  return on_version(state, Permission::kPublish, c.revision.model, c.revision.version);
}

Demand of(const FleetState& state, const StartRollout& c) {
  if (!c.hardware_classes.empty()) {
    return on_every_site(on_classes(Permission::kOperate, c.model, c.hardware_classes));
  }
  return on_every_site(on_version(state, Permission::kOperate, c.model, c.version));
}

Demand of(const FleetState& state, const OperateRollout& c) {
  const auto found = state.rollouts.find(c.rollout);
  if (found == state.rollouts.end()) return {Permission::kOperate, {{kAll, kAll, kAll, ""}}};
  std::vector<std::string> classes;
  for (const RolloutTarget& t : found->second.targets) classes.push_back(t.hardware_class);
  return on_every_site(on_classes(Permission::kOperate, found->second.model, classes));
}

Demand of_grants(const Token& token) {
  Demand out{Permission::kManageTokens, {}};
  for (const Grant& grant : token.grants) out.scopes.push_back(grant.scope);
  return out;
}

/// Nobody hands on more than they manage.
Demand of(const FleetState&, const AddToken& c) {
  return of_grants(c.token);
}

Demand of(const FleetState& state, const RevokeToken& c) {
  const auto found = state.tokens.find(c.id);
  if (found == state.tokens.end()) return {Permission::kManageTokens, {}};
  return of_grants(found->second);
}

Demand of_policy(const std::string& model, const std::string& hardware_class) {
  return {Permission::kManagePolicies, {}, {Scope{model, hardware_class, "", ""}}};
}

Demand of(const FleetState&, const SetPolicy& c) {
  return of_policy(c.policy.model, c.policy.hardware_class);
}

Demand of(const FleetState&, const RemovePolicy& c) {
  return of_policy(c.model, c.hardware_class);
}

Demand of(const FleetState&, const PostEvidence& c) {
  return on_classes(Permission::kValidate, c.model, c.hardware_classes);
}

Demand of(const FleetState&, const Approve& c) {
  std::vector<std::string> classes;
  for (const ApprovalRecord& approval : c.approvals) classes.push_back(approval.hardware_class);
  return on_classes(Permission::kApprove, c.model, classes);
}

Demand of(const FleetState&, const ChangeRelease& c) {
  const bool revokes = c.to == ReleaseState::kRevoked;
  return on_classes(revokes ? Permission::kRevoke : Permission::kRelease, c.model,
                    c.hardware_classes);
}

Demand of(const FleetState& state, const MoveAlias& c) {
  const std::string where = c.hardware_class.empty() ? kAll : c.hardware_class;
  Demand out{Permission::kMoveAlias, {{c.model, where, "", c.alias}}};
  out.names_alias = policies::is_protected(state, c.model, c.hardware_class, c.alias);
  return out;
}

Demand of(const FleetState&, const SignRelease& c) {
  return on_classes(Permission::kPublish, c.model, {c.hardware_class});
}

/// Every device trusts by it.
Demand of(const FleetState&, const TakeKeyset&) {
  return {Permission::kManageKeys, {{kAll, kAll, kAll, kAll}}};
}

Demand of(const FleetState& state, const PinVersion& c) {
  return on_version(state, Permission::kPin, c.model, c.version);
}

/// Of every model.
Demand of(const FleetState&, const DeleteVersions&) {
  return {Permission::kDeleteVersions, {{kAll, kAll, kAll, kAll}}};
}

}  // namespace

Demand demand_of(const FleetState& state, const Event& command) {
  return std::visit(
      [&state](const auto& c) -> Demand {
        using Type = std::decay_t<decltype(c)>;
        constexpr bool is_fact =
            std::is_same_v<Type, TokenUsed> || std::is_same_v<Type, StateReported> ||
            std::is_same_v<Type, HealthReported> || std::is_same_v<Type, TransfersBuilt> ||
            std::is_same_v<Type, TransferAtRest> || std::is_same_v<Type, TransferRefused> ||
            std::is_same_v<Type, TransferCleared> || std::is_same_v<Type, OutboxDelivered> ||
            std::is_same_v<Type, OutboxRefused> || std::is_same_v<Type, BrokerConnected> ||
            std::is_same_v<Type, BrokerLost> || std::is_same_v<Type, Tick> ||
            std::is_same_v<Type, KeepCheckpoint> || std::is_same_v<Type, NoteKeyset>;
        if constexpr (is_fact) {
          // Comes from no request: a person is allowed none.
          return {Permission::kManageTokens, {{kAll, kAll, kAll, kAll}}};
        } else {
          return of(state, c);
        }
      },
      command);
}

}  // namespace flotilla::controller::access_control
