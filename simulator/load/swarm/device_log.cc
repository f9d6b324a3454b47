#include "simulator/load/swarm/device_log.h"

#include <algorithm>

namespace flotilla::sim {
namespace {

void count(Cell& cell, uint64_t by = 1) {
  cell.fetch_add(by, std::memory_order_relaxed);
}

constexpr uint8_t bit(Step step) {
  return static_cast<uint8_t>(1u << static_cast<unsigned>(step));
}

/// The steps that lead to a state, itself last; nothing for a device at rest.
uint8_t steps_to(const ModelState& state) {
  constexpr uint8_t kStaged = bit(Step::kTransferring) | bit(Step::kStaged);
  constexpr uint8_t kTrial = kStaged | bit(Step::kTrial);
  switch (state.state) {
    case UpdateState::kIdle:
      return 0;
    case UpdateState::kTransferring:
      return bit(Step::kTransferring);
    case UpdateState::kStaged:
      return kStaged;
    case UpdateState::kTrial:
      return kTrial;
    case UpdateState::kConfirmed:
      return kTrial | bit(Step::kConfirmed);
    case UpdateState::kReverted:
      if (state.reason == Reason::kOrdered) return bit(Step::kRolledBack);
      return kTrial | bit(Step::kReverted);
    case UpdateState::kRejected:
      return bit(Step::kRejected);
    case UpdateState::kFailed:
      return bit(Step::kFailed);
  }
  return 0;
}

}  // namespace

void DeviceLog::online(MonoTime now) {
  online_ = true;
  online_at_ = now;
  count(cells_.accepted);
  if (!in_outage_) return;
  in_outage_ = false;
  const int64_t back = board_.broker_back_ms.load();
  const auto passed = static_cast<uint64_t>(back == 0 ? 0 : std::max<int64_t>(0, now.ms - back));
  cells_.back_ms.add(passed);
  if (passed > cells_.last_back_ms.load()) cells_.last_back_ms.store(passed);
}

void DeviceLog::offline(Trouble trouble) {
  count(cells_.troubles[static_cast<size_t>(trouble)]);
  if (!online_) {
    count(cells_.wasted);
    return;
  }
  online_ = false;
  const int64_t killed = board_.broker_killed_ms.load();
  in_outage_ = in_outage_ || (killed != 0 && online_at_.ms < killed);
  count(cells_.ended);
}

void DeviceLog::no_transport(Trouble trouble) {
  count(cells_.troubles[static_cast<size_t>(trouble)]);
  if (trouble == Trouble::kHandshake) count(cells_.wasted);
}

void DeviceLog::report(const ModelState& state, MonoTime now) {
  if (state.rollout == 0) return;
  if (state.rollout != rollout_) {
    rollout_ = state.rollout;
    reached_ = 0;
    phase_ = static_cast<Phase>(std::min<uint32_t>(board_.phase.load(), kPhases - 1));
  }
  const int64_t start = board_.start_ms[static_cast<size_t>(phase_)].load();
  const auto since = static_cast<uint32_t>(std::max<int64_t>(0, now.ms - start));
  // The old image confirmed: a rollback went through.
  const bool back = state.state == UpdateState::kConfirmed &&
                    (reached(Step::kReverted) || reached(Step::kRolledBack) ||
                     (reached(Step::kConfirmed) && state.active_version != confirmed_version_));
  const uint8_t steps = back ? bit(Step::kRolledBack) : steps_to(state);
  for (size_t step = 0; step < kSteps; ++step) {
    if ((steps & ~reached_ & 1u << step) != 0) reach(static_cast<Step>(step), state, since);
  }
  reached_ |= steps;
}

void DeviceLog::reach(Step step, const ModelState& state, uint32_t since_start) {
  PhaseCells& cells = cells_.phases[static_cast<size_t>(phase_)];
  count(cells.reached[static_cast<size_t>(step)]);
  if (step == Step::kStaged) {
    staged_ms_ = since_start;
    cells.staged_ms.add(since_start);
  }
  if (step == Step::kConfirmed) confirm(state, since_start);
}

void DeviceLog::confirm(const ModelState& state, uint32_t since_start) {
  PhaseCells& cells = cells_.phases[static_cast<size_t>(phase_)];
  confirmed_version_ = state.active_version;
  cells.confirmed_ms.add(since_start);
  cells.trial_ms.add(since_start - std::min(since_start, staged_ms_));
  cells.bytes.add(state.bytes_received);
  count(cells.confirmed[class_]);
  count(cells.chunk_bytes[class_], state.bytes_received);
  const uint64_t least = cells.least_bytes[class_].load();
  if (least == 0 || state.bytes_received < least) {
    cells.least_bytes[class_].store(state.bytes_received);
  }
}

}  // namespace flotilla::sim
