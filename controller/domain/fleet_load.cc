#include "controller/domain/checkpoints.h"
#include "controller/domain/fleet_state.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {
namespace {

constexpr Status misplaced() {
  return Status(Code::kDataLoss, "a stored record is not the one that its key names");
}

/// Reads one table. `place(key, record)` puts the record where it belongs and is false when the
/// key is not the record's own.
template <typename Record, typename Place>
Status load_table(Store& store, Table table, Place place) {
  Status status;
  FLOTILLA_TRY(store.scan(keys::table(table), [&](std::string_view key, std::string_view value) {
    Record record;
    status = decode(value, record);
    if (status.ok() && !place(key, std::move(record))) status = misplaced();
    return status.ok();
  }));
  return status;
}

Status load_meta(Store& store, Meta& meta) {
  Result<std::optional<std::string>> value = store.get(keys::meta());
  FLOTILLA_TRY(value.status());
  return value.value() ? decode(*value.value(), meta) : ok_status();
}

/// The log is exactly as long as the counter says: it is written with it, in one batch.
Status check_audit(Store& store, const Meta& meta) {
  Result<std::optional<std::string>> next = store.get(keys::audit(meta.next_audit));
  FLOTILLA_TRY(next.status());
  if (next.value()) return Status(Code::kDataLoss, "the audit log is longer than its counter");
  if (meta.next_audit == 0) return ok_status();
  Result<std::optional<std::string>> last = store.get(keys::audit(meta.next_audit - 1));
  FLOTILLA_TRY(last.status());
  if (!last.value()) return Status(Code::kDataLoss, "the audit log is shorter than its counter");
  return ok_status();
}

/// The tree, made once for a log that is older than trees, and the checkpoints. The newest one must
/// be of this log: whoever rewrites history has to forge a signature as well.
Status load_log(Store& store, Hasher& hasher, FleetState& state) {
  bool complete = false;
  FLOTILLA_TRY(state.log.load(store, hasher, state.meta.next_audit, complete));
  if (!complete) FLOTILLA_TRY(state.log.build(store, hasher, state.meta.next_audit));
  Status status;
  FLOTILLA_TRY(store.scan(keys::checkpoints(), [&](std::string_view key, std::string_view value) {
    SignedCheckpoint r;
    status = decode(value, r);
    if (status.ok() && key != keys::checkpoint(r.value.head.size)) status = misplaced();
    state.checkpoints[r.value.head.size] = r.value.head.root;
    state.newest_checkpoint = std::move(r);
    return status.ok();
  }));
  FLOTILLA_TRY(status);
  if (!state.newest_checkpoint) return ok_status();
  const LogHead& signed_head = state.newest_checkpoint->value.head;
  if (signed_head.size > state.log.size())
    return Status(Code::kDataLoss, "the audit log is shorter than its newest checkpoint");
  const Result<LogHead> head = audit_tree::head_at(store, hasher, signed_head.size);
  FLOTILLA_TRY(head.status());
  const bool same =
      state.newest_checkpoint->value.origin.view() == checkpoints::origin_of(state.log);
  if (same && head.value() == signed_head) return ok_status();
  return Status(Code::kDataLoss, "the audit log is not the one that its newest checkpoint names");
}

Status load_registry(Store& store, FleetState& state) {
  FLOTILLA_TRY(load_table<HardwareClass>(store, Table::kClass, [&](auto key, HardwareClass r) {
    const bool own = key == keys::hardware_class(r.name);
    state.classes[r.name] = std::move(r);
    return own;
  }));
  FLOTILLA_TRY(load_table<ModelVersion>(store, Table::kVersion, [&](auto key, ModelVersion r) {
    const bool own = key == keys::version(r.model, r.version);
    state.models[r.model][r.version] = std::move(r);
    return own;
  }));
  FLOTILLA_TRY(
      load_table<DocumentRevision>(store, Table::kDocument, [&](auto key, DocumentRevision r) {
        const bool own = key == keys::document(r.model, r.version, r.revision);
        const auto versions = state.models.find(r.model);
        const bool known = versions != state.models.end() && versions->second.contains(r.version);
        auto& revisions = state.revisions[VersionKey{r.model, r.version}];
        const bool follows = r.revision == revisions.size() + 1;
        revisions[r.revision] = std::move(r);
        return own && known && follows;
      }));
  FLOTILLA_TRY(
      load_table<ReleaseApproval>(store, Table::kApproval, [&](auto key, ReleaseApproval r) {
        const bool own = key == keys::approval(r.release_digest, r.signer);
        auto& known = state.approvals[r.release_digest];
        known[r.signer] = std::move(r);
        return own;
      }));
  return load_table<Token>(store, Table::kToken, [&](auto key, Token r) {
    const bool own = key == keys::token(r.id);
    state.tokens[r.id] = std::move(r);
    return own;
  });
}

bool has_version(const FleetState& state, const std::string& model, uint32_t version) {
  const auto versions = state.models.find(model);
  return versions != state.models.end() && versions->second.contains(version);
}

Status load_governance(Store& store, FleetState& state) {
  FLOTILLA_TRY(load_table<Lifecycle>(store, Table::kLifecycle, [&](auto key, Lifecycle r) {
    const bool own = key == keys::lifecycle(r.model, r.version);
    const bool known = has_version(state, r.model, r.version);
    VersionKey place{r.model, r.version};
    state.lifecycles[std::move(place)] = std::move(r);
    return own && known;
  }));
  FLOTILLA_TRY(load_table<Policy>(store, Table::kPolicy, [&](auto key, Policy r) {
    const bool own = key == keys::policy(r.model, r.hardware_class);
    PolicyKey place{r.model, r.hardware_class};
    state.policies[std::move(place)] = std::move(r);
    return own;
  }));
  return load_table<Alias>(store, Table::kAlias, [&](auto key, Alias r) {
    const bool own = key == keys::alias(r.model, r.alias);
    const bool known = state.models.contains(r.model);
    AliasKey place{r.model, r.alias};
    state.aliases[std::move(place)] = std::move(r);
    return own && known;
  });
}

Status load_fleet(Store& store, FleetState& state) {
  FLOTILLA_TRY(load_table<Device>(store, Table::kDevice, [&](auto key, Device r) {
    const bool own = key == keys::device(r.shard, r.id);
    state.memory.health_stored[r.id] = r.last_health;
    state.devices[r.id] = std::move(r);
    return own;
  }));
  FLOTILLA_TRY(load_table<Rollout>(store, Table::kRollout, [&](auto key, Rollout r) {
    const bool own = key == keys::rollout(r.id);
    state.rollouts[r.id] = std::move(r);
    return own;
  }));
  return load_table<Assignment>(store, Table::kAssignment, [&](auto key, Assignment r) {
    const auto device = state.devices.find(r.device);
    if (device == state.devices.end() || state.rollouts.count(r.rollout) == 0) return false;
    const bool own = key == keys::assignment(device->second.shard, r.rollout, r.device);
    RolloutIndex& index = state.index[r.rollout];
    ++index.waves[r.wave][static_cast<size_t>(r.state)];
    if (is_open(r.state)) index.open.insert(r.device);
    state.assignments[r.rollout][r.device] = std::move(r);
    return own;
  });
}

Status load_delivery(Store& store, FleetState& state) {
  FLOTILLA_TRY(load_table<Transfer>(store, Table::kTransfer, [&](auto key, Transfer r) {
    const bool own = key == keys::transfer(r.id);
    state.transfers[r.id] = std::move(r);
    return own;
  }));
  FLOTILLA_TRY(
      load_table<StandingDirective>(store, Table::kDirective, [&](auto key, StandingDirective r) {
        const bool own = key == keys::directive(r.hardware_class, r.model);
        const bool known = state.rollouts.count(r.directive.rollout) != 0;
        DirectiveKey place{r.hardware_class, r.model};
        state.standing[std::move(place)] = std::move(r);
        return own && known;
      }));
  return load_table<OutboxEntry>(store, Table::kOutbox, [&](auto key, OutboxEntry r) {
    const bool own = key == keys::outbox(r.id);
    const bool stands = state.standing.count({r.hardware_class, r.model}) != 0;
    state.outbox[r.id] = std::move(r);
    return own && stands;
  });
}

/// What the machines look up without asking must be there.
bool has_references(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  const bool returns = !target.previous_release.is_none();
  return state.classes.count(target.hardware_class) != 0 &&
         state.find_variant(rollout.model, rollout.version, target.hardware_class) != nullptr &&
         (!returns || state.find_variant(rollout.model, target.previous_version,
                                         target.hardware_class) != nullptr);
}

Status check_references(const FleetState& state) {
  for (const auto& [id, rollout] : state.rollouts) {
    for (const RolloutTarget& target : rollout.targets) {
      if (!has_references(state, rollout, target))
        return Status(Code::kDataLoss, "a rollout names a class or version that is not stored");
    }
  }
  return ok_status();
}

}  // namespace

Status FleetState::load(Store& store, Hasher& hasher) {
  *this = FleetState{};
  FLOTILLA_TRY(load_meta(store, meta));
  FLOTILLA_TRY(check_audit(store, meta));
  FLOTILLA_TRY(load_log(store, hasher, *this));
  FLOTILLA_TRY(load_registry(store, *this));
  FLOTILLA_TRY(load_governance(store, *this));
  FLOTILLA_TRY(load_fleet(store, *this));
  FLOTILLA_TRY(load_delivery(store, *this));
  return check_references(*this);
}

}  // namespace flotilla::controller
