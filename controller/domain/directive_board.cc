#include "controller/domain/directive_board.h"

#include "controller/domain/bounds.h"
#include "controller/domain/names.h"
#include "controller/domain/revocations.h"
#include "controller/domain/text.h"

namespace flotilla::controller::directive_board {
namespace {

/// At most one entry for each directive: the newest replaces what was not yet accepted.
void post(StepContext& step, const StandingDirective& standing) {
  for (const auto& [id, entry] : step.state.outbox) {
    if (entry.model != standing.model || entry.hardware_class != standing.hardware_class) continue;
    ++step.state.memory.counters.outbox_coalesced;
    step.drop_outbox(id);
    break;
  }
  OutboxEntry entry;
  entry.id = step.state.meta.next_outbox++;
  entry.model = standing.model;
  entry.hardware_class = standing.hardware_class;
  const OutboxEntry& kept = step.state.outbox[entry.id] = entry;
  step.touch(kept);
  step.touch_meta();
  step.state.memory.sent[kept.id] = step.now;
  step.emit(PublishDirective{kept.id, standing.directive, standing.revoked});
}

WallTime half_life(const Directive& directive) {
  return {directive.issued.ms + (directive.expires.ms - directive.issued.ms) / 2};
}

void send(StepContext& step, const OutboxEntry& entry) {
  const StandingDirective* standing = step.state.find_standing(entry.hardware_class, entry.model);
  if (standing == nullptr) return;
  step.state.memory.sent[entry.id] = step.now;
  step.emit(PublishDirective{entry.id, standing->directive, standing->revoked});
}

/// Every directive says all that is revoked.
std::string list_revoked(const FleetState& state, StandingDirective& standing) {
  standing.revoked.clear();
  std::string out;
  for (const auto& listed : revocations::listed(state, standing.model, standing.hardware_class)) {
    standing.revoked.push_back(listed.image);
    out += cat(out.empty() ? "; revoked: version " : ", ", listed.version);
  }
  return out;
}

}  // namespace

uint64_t issue(StepContext& step, Directive intent, uint32_t expires_s) {
  intent.epoch = step.config.keyset_epoch;
  intent.seq = step.state.meta.next_directive++;
  intent.issued = step.now;
  intent.expires = step.now + seconds(expires_s);
  StandingDirective& standing =
      step.state
          .standing[{std::string(intent.hardware_class.view()), std::string(intent.model.view())}];
  standing.model = intent.model.view();
  standing.hardware_class = intent.hardware_class.view();
  standing.directive = intent;
  const std::string revoked = list_revoked(step.state, standing);
  step.touch(standing);
  step.plan_changed = true;
  step.audit("directive.issued", cat("class/", standing.hardware_class, "/model/", standing.model),
             cat("seq ", intent.seq, ": ", verb_name(intent.verb), " version ", intent.version,
                 ", rollout ", intent.rollout, revoked));
  post(step, standing);
  return intent.seq;
}

void catch_up(StepContext& step, const std::string& device, const DirectivePosition& known) {
  Meta& meta = step.state.meta;
  const bool is_ahead = known.epoch == step.config.keyset_epoch && known.seq >= meta.next_directive;
  if (!is_ahead || known.seq - meta.next_directive > kMaxCatchUp) return;
  step.audit("directive.numbers_ahead", cat("device/", device),
             cat("the device has accepted directive ", known.epoch, ".", known.seq,
                 ", which this state never issued: it is an older copy; numbers go on from there"));
  meta.next_directive = known.seq + 1;
  step.touch_meta();
}

bool refused(StepContext& step, const OutboxRefused& event) {
  const auto found = step.state.outbox.find(event.id);
  // A lost connection answers for everything that was in flight; the next one repeats it.
  if (found == step.state.outbox.end() || !step.state.memory.listening_since) return false;
  std::string& known = step.state.memory.outbox_troubles[event.id];
  if (known == event.reason) return true;
  known = event.reason.substr(0, kMaxText);
  step.audit("directive.refused",
             cat("class/", found->second.hardware_class, "/model/", found->second.model), known);
  return true;
}

void delivered(StepContext& step, const OutboxDelivered& event) {
  for (uint64_t id : event.ids) {
    if (step.state.outbox.count(id) != 0) step.drop_outbox(id);
  }
}

void publish_all(StepContext& step) {
  std::map<DirectiveKey, uint64_t> waiting;
  for (const auto& [id, entry] : step.state.outbox) {
    waiting[{entry.hardware_class, entry.model}] = id;
    step.state.memory.sent[id] = step.now;
  }
  for (const auto& [key, standing] : step.state.standing) {
    const auto found = waiting.find(key);
    step.emit(PublishDirective{found == waiting.end() ? 0 : found->second, standing.directive,
                               standing.revoked});
  }
}

void retry(StepContext& step) {
  for (const auto& [id, entry] : step.state.outbox) {
    if (has_passed(step.state.memory.sent[id], kOutboxRetry, step.now)) send(step, entry);
  }
}

void renew(StepContext& step) {
  for (const auto& [key, standing] : step.state.standing) {
    const bool outdated = standing.directive.epoch != step.config.keyset_epoch;
    if (!outdated && step.now < half_life(standing.directive)) continue;
    const Rollout& rollout = step.state.rollouts.at(standing.directive.rollout);
    issue(step, standing.directive, rollout.policy.expires_s);
  }
}

}  // namespace flotilla::controller::directive_board
