#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/revocations.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

namespace flotilla::controller::transfer_planner {
namespace {

constexpr size_t kMaxBases = kMaxOffers - 1;  // the last offer is the full payload

/// Images of the model that the registry knows for any class: the artifact store holds them.
std::set<Digest> known_images(const FleetState& state, const std::string& model) {
  std::set<Digest> out;
  const auto versions = state.models.find(model);
  if (versions == state.models.end()) return out;
  for (const auto& [number, version] : versions->second) {
    for (const Variant& variant : version.variants) out.insert(variant.image_digest);
  }
  return out;
}

/// Measured active images of the class's devices, most frequent first.
std::vector<Digest> active_bases(const FleetState& state, const Rollout& rollout,
                                 const Variant& variant) {
  const std::set<Digest> known = known_images(state, rollout.model);
  std::map<Digest, uint32_t> frequency;
  for (const auto& [id, device] : state.devices) {
    if (!is_eligible(device, variant.hardware_class, rollout.model)) continue;
    const Digest& active = device.models.at(rollout.model).reported.active_digest;
    if (active != variant.image_digest && known.count(active) != 0) ++frequency[active];
  }
  std::vector<std::pair<Digest, uint32_t>> ranked(frequency.begin(), frequency.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Digest> out;
  for (size_t i = 0; i < ranked.size() && i < kMaxBases; ++i) out.push_back(ranked[i].first);
  return out;
}

/// What one class of a rollout needs built.
struct Need {
  const Rollout& rollout;
  const RolloutTarget& target;
  bool for_rollback = false;

  const std::vector<TransferId>& ids() const {
    return for_rollback ? target.previous_transfers : target.transfers;
  }
  uint32_t version() const { return for_rollback ? target.previous_version : rollout.version; }
};

/// A renewal builds from the same bases, which gives the same transfers with a later expiry.
std::vector<Digest> bases_of(const FleetState& state, const Need& need, const Variant& variant) {
  if (need.ids().empty()) return active_bases(state, need.rollout, variant);
  std::vector<Digest> out;
  for (TransferId id : need.ids()) {
    const auto found = state.transfers.find(id);
    if (found != state.transfers.end() && !found->second.base_digest.is_none())
      out.push_back(found->second.base_digest);
  }
  return out;
}

bool nears_expiry(const FleetState& state, const Need& need, WallTime now) {
  const Duration half{int64_t{need.rollout.policy.expires_s} * 500};
  for (TransferId id : need.ids()) {
    const auto found = state.transfers.find(id);
    if (found != state.transfers.end() && found->second.manifest.expires <= now + half) return true;
  }
  return false;
}

/// Signed under another keyset: devices may not know that key any more.
bool is_outdated(const FleetState& state, const Need& need, uint32_t epoch) {
  for (TransferId id : need.ids()) {
    const auto found = state.transfers.find(id);
    if (found == state.transfers.end()) continue;
    const uint32_t signed_under = found->second.keyset_epoch;
    if (signed_under != 0 && signed_under != epoch) return true;
  }
  return false;
}

void request(StepContext& step, const Need& need) {
  const Variant* variant =
      step.state.find_variant(need.rollout.model, need.version(), need.target.hardware_class);
  if (variant == nullptr) return;
  const BuildKey key{need.rollout.id, need.target.hardware_class, need.for_rollback};
  const auto next = step.state.memory.builds.find(key);
  if (next != step.state.memory.builds.end() && step.now < next->second) return;
  step.state.memory.builds[key] = step.now + kBuildRetry;
  BuildTransfers effect;
  effect.rollout = need.rollout.id;
  effect.for_rollback = need.for_rollback;
  effect.model = need.rollout.model;
  effect.hardware_class = step.state.classes.at(need.target.hardware_class);
  effect.variant = *variant;
  effect.bases = bases_of(step.state, need, *variant);
  effect.expires = step.now + seconds(need.rollout.policy.expires_s);
  effect.approvals = approvals_of(step.state, variant->release_digest);
  effect.keyset_epoch = step.config.keyset_epoch;
  step.emit(std::move(effect));
}

/// The rollout's own payloads are wanted while it may still bring devices forward.
bool wants_release(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  switch (rollout.state) {
    case RolloutState::kPreparing:
    case RolloutState::kRunning:
    case RolloutState::kHolding:
      return true;
    case RolloutState::kCompleted:
      return state.owns_directive(rollout, target.hardware_class) &&
             !revocations::is_revoked(state, rollout, target);
    case RolloutState::kDraft:
    case RolloutState::kHalted:
    case RolloutState::kRollingBack:
    case RolloutState::kRolledBack:
    case RolloutState::kCancelled:
      return false;
  }
  return false;
}

bool wants_previous(const FleetState& state, const Rollout& rollout, const RolloutTarget& target) {
  const bool back =
      rollout.state == RolloutState::kRollingBack || rollout.state == RolloutState::kRolledBack;
  return back && revocations::has_way_back(state, rollout, target) &&
         state.owns_directive(rollout, target.hardware_class);
}

bool lacks_file(const FleetState& state, const Need& need) {
  for (TransferId id : need.ids()) {
    const auto found = state.memory.payload_troubles.find(id);
    if (found != state.memory.payload_troubles.end() && found->second.needs_build) return true;
  }
  return false;
}

void request_if_due(StepContext& step, const Need& need) {
  const bool due = need.ids().empty() || nears_expiry(step.state, need, step.now) ||
                   lacks_file(step.state, need) ||
                   is_outdated(step.state, need, step.config.keyset_epoch);
  if (due) request(step, need);
}

}  // namespace

void request_builds(StepContext& step) {
  for (const auto& [id, rollout] : step.state.rollouts) {
    for (const RolloutTarget& target : rollout.targets) {
      if (wants_release(step.state, rollout, target))
        request_if_due(step, {rollout, target, false});
      if (wants_previous(step.state, rollout, target))
        request_if_due(step, {rollout, target, true});
    }
  }
}

}  // namespace flotilla::controller::transfer_planner
