#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/text.h"
#include "controller/domain/transfer_planner.h"

/// Payloads that do not come to rest: why, for people, and when it is tried again. The reasons are
/// volatile; after a restart whoever met them meets them again.
namespace flotilla::controller::transfer_planner {
namespace {

constexpr uint32_t kMaxDoublings = 8;

bool is_going_back(const Rollout& rollout) {
  return rollout.state == RolloutState::kRollingBack || rollout.state == RolloutState::kRolledBack;
}

const std::vector<TransferId>& ids_of(const Rollout& rollout, const RolloutTarget& target) {
  return is_going_back(rollout) ? target.previous_transfers : target.transfers;
}

BuildKey key_of(const Rollout& rollout, const RolloutTarget& target) {
  return {rollout.id, target.hardware_class, is_going_back(rollout)};
}

std::string directive_trouble(const FleetState& state, const Rollout& rollout,
                              const RolloutTarget& target) {
  if (!state.owns_directive(rollout, target.hardware_class)) return "";
  for (const auto& [id, reason] : state.memory.outbox_troubles) {
    const OutboxEntry& entry = state.outbox.at(id);
    if (entry.model == rollout.model && entry.hardware_class == target.hardware_class) {
      return cat("the directive for class ", target.hardware_class,
                 " is not in the broker: ", reason, "; it is tried again");
    }
  }
  return "";
}

}  // namespace

bool refused(StepContext& step, const TransferRefused& event) {
  const auto found = step.state.transfers.find(event.transfer);
  if (found == step.state.transfers.end()) {
    ++step.state.memory.counters.answers_stale;
    return false;
  }
  PayloadTrouble& trouble = step.state.memory.payload_troubles[event.transfer];
  if (trouble.reason != event.reason) {
    step.audit("transfer.refused", cat("transfer/", to_hex(event.transfer).view()),
               cat("class ", found->second.hardware_class, ", model ", found->second.model, ": ",
                   event.reason));
  }
  trouble = {event.reason.substr(0, kMaxText), event.needs_build};
  unsettle(step, found->second);
  return true;
}

bool build_refused(StepContext& step, const BuildKey& key, const std::string& reason) {
  BuildTrouble& trouble = step.state.memory.build_troubles[key];
  const bool news = trouble.reason != reason;
  trouble.reason = reason.substr(0, kMaxText);
  const int64_t rest = kBuildRest.ms << std::min(trouble.failures, kMaxDoublings);
  ++trouble.failures;
  step.state.memory.builds[key] = step.now + Duration{std::min(rest, kBuildRetry.ms)};
  return news;
}

std::string trouble_of(const FleetState& state, const Rollout& rollout,
                       const RolloutTarget& target) {
  const auto& ids = ids_of(rollout, target);
  bool unbuilt = ids.empty();
  std::string out;
  for (TransferId id : ids) {
    const auto found = state.memory.payload_troubles.find(id);
    if (found == state.memory.payload_troubles.end()) continue;
    out = cat("payload ", to_hex(id).view(), " of class ", target.hardware_class,
              " is not at rest in the broker: ", found->second.reason,
              found->second.needs_build ? "; it is built anew" : "; it is tried again");
    unbuilt = found->second.needs_build;
    break;
  }
  const auto build = state.memory.build_troubles.find(key_of(rollout, target));
  if (!unbuilt || build == state.memory.build_troubles.end())
    return out.empty() ? directive_trouble(state, rollout, target) : out;
  return cat(out, out.empty() ? "" : "; ", build->second.reason, "; it is tried again");
}

std::string trouble_of(const FleetState& state, const Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    std::string out = trouble_of(state, rollout, target);
    if (!out.empty()) return out;
  }
  return "";
}

void try_again(StepContext& step, const Rollout& rollout) {
  for (const RolloutTarget& target : rollout.targets) {
    step.state.memory.builds.erase(key_of(rollout, target));
    for (TransferId id : ids_of(rollout, target)) {
      const auto trouble = step.state.memory.payload_troubles.find(id);
      const auto transfer = step.state.transfers.find(id);
      if (trouble == step.state.memory.payload_troubles.end() || trouble->second.needs_build ||
          transfer == step.state.transfers.end())
        continue;
      place(step, transfer->second);
    }
  }
  for (const auto& [id, reason] : step.state.memory.outbox_troubles) {
    if (step.state.outbox.at(id).model == rollout.model) step.state.memory.sent.erase(id);
  }
  request_builds(step);
}

}  // namespace flotilla::controller::transfer_planner
