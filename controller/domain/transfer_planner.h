#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Which payloads lie at rest in the broker: those that a standing directive offers or a live
/// rollout is about to offer, and no others.
namespace flotilla::controller::transfer_planner {

/// Asks for the builds that live rollouts lack, for those that near their expiry or were
/// signed under another keyset, and for payloads whose file is lost; each at most once per
/// kBuildRetry.
void request_builds(StepContext& step);

/// Records what was built and asks for it to be placed. `ids` becomes the list, full payload last.
void adopt(StepContext& step, const std::vector<Transfer>& built, std::vector<TransferId>& ids);

/// Why `built` does not fit the retained budget; empty when it does. Payloads that a rollback
/// needs do not wait for those that are being cleared.
std::string over_budget(const StepContext& step, const std::vector<Transfer>& built,
                        bool for_rollback);

/// `built` would fit the budget if nothing else were held.
bool may_fit_later(const StepContext& step, const std::vector<Transfer>& built);

/// Asks for one payload to be placed.
void place(StepContext& step, const Transfer& transfer);
/// The same for every payload of a release: something of its offers has changed.
void place_release(StepContext& step, const Digest& release);
/// Envelopes of the approvals that go into the release's offers.
std::vector<std::string> approvals_of(const FleetState& state, const Digest& release);

/// True when this made the transfer rest; false: nobody waits for it.
bool at_rest(StepContext& step, const TransferAtRest& event);
void cleared(StepContext& step, const TransferCleared& event);

/// A broker that was away may have forgotten: what is needed is placed, and what is not is cleared,
/// once more.
void place_all(StepContext& step);
/// The same, every kPayloadAudit.
void look_again(StepContext& step);

/// Clears what is no longer needed.
void sweep(StepContext& step);

/// What was at rest is not any more.
void unsettle(StepContext& step, Transfer& transfer);

// ---- what does not go well (payload_trouble.cc)

/// Keeps why a payload is not at rest; false: nobody waits for it.
bool refused(StepContext& step, const TransferRefused& event);
/// Keeps why a build failed and puts off the next try; true when the reason is a new one.
bool build_refused(StepContext& step, const BuildKey& key, const std::string& reason);
/// Why the payloads that the rollout needs now are not at rest; empty: nothing is known.
std::string trouble_of(const FleetState& state, const Rollout& rollout);
std::string trouble_of(const FleetState& state, const Rollout& rollout,
                       const RolloutTarget& target);
/// Asks at once for what would be asked for again after a while.
void try_again(StepContext& step, const Rollout& rollout);

bool all_at_rest(const FleetState& state, const std::vector<TransferId>& ids);

}  // namespace flotilla::controller::transfer_planner
