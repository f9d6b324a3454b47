#include "controller/domain/checkpoints.h"

#include "controller/domain/bounds.h"
#include "controller/domain/text.h"

namespace flotilla::controller::checkpoints {

std::string origin_of(const AuditTree& log) {
  return cat("flotilla/", to_hex(log.first_leaf()).view().substr(0, 16));
}

std::optional<Checkpoint> draft(const FleetState& state, Hasher& hasher, WallTime now) {
  if (state.log.size() == 0) return std::nullopt;
  Checkpoint out;
  if (!out.origin.assign(origin_of(state.log))) return std::nullopt;
  out.head = state.log.head(hasher);
  out.time = now;
  return out;
}

void keep(StepContext& step, const KeepCheckpoint& event) {
  const LogHead& head = event.checkpoint.value.head;
  auto& asked = step.state.memory.checkpoint_asked;
  const bool is_asked = asked && asked->head == head;
  if (!is_asked && step.state.log.head(step.hasher) != head) {
    ++step.state.memory.counters.answers_stale;
    return;
  }
  if (is_asked) asked.reset();
  if (step.state.checkpoints.contains(head.size)) return;
  step.touch(event.checkpoint);
  step.state.checkpoints[head.size] = head.root;
  const auto& newest = step.state.newest_checkpoint;
  if (!newest || newest->value.head.size < head.size) {
    step.state.newest_checkpoint = event.checkpoint;
  }
}

void tick(StepContext& step) {
  const auto& newest = step.state.newest_checkpoint;
  if (newest && newest->value.head.size == step.state.log.size()) return;
  if (newest && !has_passed(newest->value.time, kCheckpointInterval, step.now)) return;
  auto& asked = step.state.memory.checkpoint_asked;
  if (asked && !has_passed(asked->time, kCheckpointRetry, step.now)) return;
  asked = draft(step.state, step.hasher, step.now);
  if (asked) step.emit(SignCheckpoint{*asked});
}

}  // namespace flotilla::controller::checkpoints
