#include "controller/domain/transfer_planner.h"

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"

namespace flotilla::controller::transfer_planner {
namespace {

/// The only way a transfer changes its state.
void enter(StepContext& step, Transfer& transfer, Transfer::State to) {
  if (transfer.state == to) return;
  transfer.state = to;
  step.touch(transfer);
  step.audit(cat("transfer.", state_name(to)), cat("transfer/", to_hex(transfer.id).view()),
             cat("class ", transfer.hardware_class, ", model ", transfer.model, ", ",
                 transfer.message_bytes, " bytes"));
}

const Variant* variant_of(const FleetState& state, const Transfer& transfer) {
  const auto versions = state.models.find(transfer.model);
  if (versions == state.models.end()) return nullptr;
  for (const auto& [number, version] : versions->second) {
    const Variant* variant = state.find_variant(transfer.model, number, transfer.hardware_class);
    if (variant != nullptr && variant->release_digest == transfer.release_digest) return variant;
  }
  return nullptr;
}

void clear(StepContext& step, Transfer& transfer) {
  enter(step, transfer, Transfer::State::kClearing);
  step.emit(ClearTransfer{transfer});
}

bool is_renewal(const Transfer& known, const Transfer& built) {
  return known.manifest.expires != built.manifest.expires ||
         known.manifest_envelope != built.manifest_envelope ||
         known.keyset_epoch != built.keyset_epoch;
}

void adopt_one(StepContext& step, const Transfer& built) {
  const auto known = step.state.transfers.find(built.id);
  const bool is_new = known == step.state.transfers.end();
  if (!is_new && known->second.state == Transfer::State::kAtRest &&
      !is_renewal(known->second, built))
    return;
  const Transfer::State before = is_new ? Transfer::State::kBuilt : known->second.state;
  Transfer& kept = step.state.transfers[built.id] = built;
  kept.state = before;
  step.state.memory.payload_troubles.erase(kept.id);
  step.touch(kept);
  enter(step, kept, Transfer::State::kPublishing);
  place(step, kept);
}

std::set<TransferId> needed(const FleetState& state) {
  std::set<TransferId> out;
  for (const auto& [key, standing] : state.standing) {
    for (const Offer& offer : standing.directive.offers) out.insert(offer.transfer);
  }
  for (const auto& [id, rollout] : state.rollouts) {
    if (!is_live(rollout.state)) continue;
    const bool back = rollout.state == RolloutState::kRollingBack;
    for (const RolloutTarget& target : rollout.targets) {
      const auto& ids = back ? target.previous_transfers : target.transfers;
      out.insert(ids.begin(), ids.end());
    }
  }
  return out;
}

/// Each message once, however often its transfer is named.
uint64_t bytes_of(const std::vector<Transfer>& built) {
  std::map<TransferId, uint64_t> sizes;
  for (const Transfer& transfer : built) sizes[transfer.id] = transfer.message_bytes;
  uint64_t out = 0;
  for (const auto& [id, size] : sizes) out += size;
  return out;
}

/// Sizes of the checkpoints of the model's earlier releases for the class, the newest first: what
/// devices may hold. The log only grows, so a later version has no smaller one.
std::vector<uint64_t> earlier_logs(const FleetState& state, const Transfer& transfer,
                                   uint64_t log_size) {
  std::vector<uint64_t> out;
  const auto versions = state.models.find(transfer.model);
  if (versions == state.models.end()) return out;
  uint64_t before = log_size;
  const auto& all = versions->second;
  for (auto at = all.rbegin(); at != all.rend() && out.size() < kMaxGrowthProofs; ++at) {
    const Variant* variant = state.find_variant(transfer.model, at->first, transfer.hardware_class);
    if (variant == nullptr || variant->checkpoint.size == 0) continue;
    if (variant->checkpoint.size >= before) continue;
    before = variant->checkpoint.size;
    out.push_back(before);
  }
  return out;
}

}  // namespace

void place(StepContext& step, const Transfer& transfer) {
  const Variant* variant = variant_of(step.state, transfer);
  if (variant == nullptr) return;
  PlaceTransfer effect{transfer,
                       variant->golden_digest,
                       variant->release_envelope,
                       approvals_of(step.state, transfer.release_digest),
                       variant->checkpoint.size,
                       {}};
  effect.earlier_logs = earlier_logs(step.state, transfer, effect.log_size);
  const auto found = step.state.classes.find(transfer.hardware_class);
  if (found != step.state.classes.end())
    effect.offer_limit = found->second.chunk_max + kChunkOverhead;
  step.emit(std::move(effect));
}

void place_release(StepContext& step, const Digest& release) {
  for (const auto& [id, transfer] : step.state.transfers) {
    const bool clearing = transfer.state == Transfer::State::kClearing;
    if (transfer.release_digest == release && !clearing) place(step, transfer);
  }
}

std::vector<std::string> approvals_of(const FleetState& state, const Digest& release) {
  std::vector<const ReleaseApproval*> newest;
  const auto found = state.approvals.find(release);
  if (found == state.approvals.end()) return {};
  for (const auto& [signer, approval] : found->second) newest.push_back(&approval);
  std::stable_sort(newest.begin(), newest.end(),
                   [](const auto* a, const auto* b) { return a->created > b->created; });
  std::vector<std::string> out;
  for (const ReleaseApproval* approval : newest) {
    if (out.size() < kMaxApprovals) out.push_back(approval->envelope);
  }
  return out;
}

void adopt(StepContext& step, const std::vector<Transfer>& built, std::vector<TransferId>& ids) {
  ids.clear();
  for (const Transfer& transfer : built) {
    adopt_one(step, transfer);
    ids.push_back(transfer.id);
  }
  step.plan_changed = true;
}

std::string over_budget(const StepContext& step, const std::vector<Transfer>& built,
                        bool for_rollback) {
  uint64_t held = 0;
  std::set<TransferId> added;
  for (const Transfer& transfer : built) added.insert(transfer.id);
  for (const auto& [id, transfer] : step.state.transfers) {
    if (for_rollback && transfer.state == Transfer::State::kClearing) continue;
    if (added.count(id) == 0) held += transfer.message_bytes;
  }
  const uint64_t wanted = bytes_of(built);
  const uint64_t budget = step.config.retained_budget;
  if (held <= budget && wanted <= budget - held) return "";
  return cat("the payloads take ", wanted, " bytes and the broker holds ", held,
             ", more than the retained budget of ", budget, " bytes");
}

bool may_fit_later(const StepContext& step, const std::vector<Transfer>& built) {
  return bytes_of(built) <= step.config.retained_budget;
}

bool at_rest(StepContext& step, const TransferAtRest& event) {
  const auto found = step.state.transfers.find(event.transfer);
  if (found == step.state.transfers.end() || found->second.state == Transfer::State::kClearing) {
    ++step.state.memory.counters.answers_stale;
    return false;
  }
  step.state.memory.payload_troubles.erase(event.transfer);
  if (found->second.state == Transfer::State::kAtRest) return false;
  enter(step, found->second, Transfer::State::kAtRest);
  return true;
}

void unsettle(StepContext& step, Transfer& transfer) {
  if (transfer.state == Transfer::State::kAtRest)
    enter(step, transfer, Transfer::State::kPublishing);
}

void cleared(StepContext& step, const TransferCleared& event) {
  const auto found = step.state.transfers.find(event.transfer);
  if (found == step.state.transfers.end() || found->second.state != Transfer::State::kClearing) {
    ++step.state.memory.counters.answers_stale;
    return;
  }
  step.audit("transfer.cleared", cat("transfer/", to_hex(event.transfer).view()), "");
  step.drop_transfer(event.transfer);
  step.state.memory.payload_troubles.erase(event.transfer);
  // There is room again: who was refused for want of it need not wait any longer.
  for (const auto& [key, trouble] : step.state.memory.build_troubles)
    step.state.memory.builds.erase(key);
}

void look_again(StepContext& step) {
  std::optional<WallTime>& placed = step.state.memory.placed;
  if (!placed || !step.state.memory.listening_since) return;
  if (has_passed(*placed, kPayloadAudit, step.now)) place_all(step);
}

void place_all(StepContext& step) {
  step.state.memory.placed = step.now;
  for (auto& [id, transfer] : step.state.transfers) {
    if (transfer.state == Transfer::State::kClearing) {
      step.emit(ClearTransfer{transfer});
    } else {
      place(step, transfer);
    }
  }
}

void sweep(StepContext& step) {
  const std::set<TransferId> wanted = needed(step.state);
  for (auto& [id, transfer] : step.state.transfers) {
    const bool clearing = transfer.state == Transfer::State::kClearing;
    if (wanted.count(id) == 0 && !clearing) {
      clear(step, transfer);
    } else if (wanted.count(id) != 0 && clearing) {
      enter(step, transfer, Transfer::State::kPublishing);
      place(step, transfer);
    }
  }
}

bool all_at_rest(const FleetState& state, const std::vector<TransferId>& ids) {
  for (TransferId id : ids) {
    const auto found = state.transfers.find(id);
    if (found == state.transfers.end() || found->second.state != Transfer::State::kAtRest)
      return false;
  }
  return !ids.empty();
}

}  // namespace flotilla::controller::transfer_planner
