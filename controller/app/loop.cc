#include "controller/app/loop.h"

#include <algorithm>

#include "controller/api/problem.h"

namespace flotilla::controller::app {

namespace {

Refusal not_stored(const char* reason) {
  return {Code::kUnavailable, std::string("the change was not stored: ") + reason,
          "nothing was changed; free disk space or wait, then repeat the request"};
}

}  // namespace

Loop::Loop(LoopParts parts) : parts_(std::move(parts)) {}

Status Loop::load() {
  auto fresh = std::make_unique<ControlPlane>(parts_.config, parts_.hasher);
  FLOTILLA_TRY(fresh->load(parts_.store));
  plane_ = std::move(fresh);
  return ok_status();
}

void Loop::use_keyset(uint32_t epoch) {
  parts_.config.keyset_epoch = epoch;
  if (plane_) plane_->use_keyset(epoch);
}

StepResult Loop::step(Batch& batch, const Event& event, const Actor& actor) {
  ++counters_.steps;
  StepResult result = plane_->step(event, actor, parts_.wall_clock());
  for (Write& write : result.writes) batch.writes[write.key] = std::move(write.value);
  for (Effect& effect : result.effects) batch.effects.push_back(std::move(effect));
  return result;
}

Status Loop::execute(const Event& event, const Actor& actor) {
  Batch batch;
  const StepResult result = step(batch, event, actor);
  FLOTILLA_TRY(finish(std::move(batch)));
  if (result.refusal) return {result.refusal->code, "the control plane refused the command"};
  return ok_status();
}

void Loop::run(const std::function<bool()>& stopped) {
  while (turn(kWaitMs) || !stopped()) {
  }
}

bool Loop::turn(int64_t wait_ms) {
  std::vector<Mail> mail = parts_.mailbox.take(kBatch, wait_ms);
  const bool any = !mail.empty();
  const bool paused = parts_.mono_clock() < paused_until_;
  if (!paused && !plane_) reload();
  if (paused || !plane_) {
    idle(std::move(mail));
    return any;
  }
  Batch batch;
  for (Fact& fact : std::exchange(deferred_, {})) take_fact(batch, std::move(fact));
  for (Mail& item : mail) take(batch, std::move(item));
  tick(batch);
  if (finish(std::move(batch)).ok()) parts_.outlets.settle(*plane_, parts_.mono_clock());
  return any;
}

void Loop::take(Batch& batch, Mail mail) {
  if (auto* call = std::get_if<std::unique_ptr<ApiCall>>(&mail)) {
    answer(batch, std::move(*call));
  } else if (const auto* message = std::get_if<BrokerMessage>(&mail)) {
    take_message(batch, *message);
  } else {
    take_fact(batch, std::move(std::get<Fact>(mail)));
  }
}

void Loop::answer(Batch& batch, std::unique_ptr<ApiCall> call) {
  const api::Submit submit = [&](const Event& event, const Actor& actor) {
    const StepResult result = step(batch, event, actor);
    return api::Outcome{result.refusal, result.created_rollout};
  };
  api::Response response = parts_.api.answer(call->request, *plane_, submit, parts_.wall_clock());
  batch.replies.push_back({std::move(call), std::move(response)});
}

void Loop::take_fact(Batch& batch, Fact fact) {
  if (std::holds_alternative<BrokerConnected>(fact.event)) {
    broker_connected_ = true;
    batch.connected = true;
  }
  if (std::holds_alternative<BrokerLost>(fact.event)) broker_connected_ = false;
  parts_.intake.count_refused_attestations(std::exchange(fact.refused_attestations, 0));
  step(batch, fact.event, controller_actor());
  batch.facts.push_back(std::move(fact));
}

void Loop::take_message(Batch& batch, const BrokerMessage& message) {
  const auto event = parts_.intake.read(message, *plane_, parts_.wall_clock());
  if (event) step(batch, *event, controller_actor());
}

void Loop::tick(Batch& batch) {
  const MonoTime now = parts_.mono_clock();
  if (now < next_tick_) return;
  next_tick_ = now + kTickInterval;
  step(batch, Tick{}, controller_actor());
}

Status Loop::finish(Batch batch) {
  const Status committed = commit(batch);
  if (!committed.ok()) {
    give_up(batch, committed);
    return committed;
  }
  publish(batch);
  return ok_status();
}

Status Loop::commit(const Batch& batch) {
  if (batch.writes.empty()) return ok_status();
  std::vector<Write> writes;
  writes.reserve(batch.writes.size());
  for (const auto& [key, value] : batch.writes) writes.push_back({key, value});
  const Status status = parts_.store.commit(writes);
  ++(status.ok() ? counters_.commits : counters_.failed_commits);
  return status;
}

/// Subscriptions come first, so that no answer to what is published is missed.
void Loop::publish(Batch& batch) {
  if (batch.connected && broker_connected_) parts_.outlets.connected(*plane_);
  for (const Effect& effect : batch.effects) parts_.outlets.perform(effect);
  for (Reply& reply : batch.replies) reply.call->reply.set_value(std::move(reply.response));
}

void Loop::give_up(Batch& batch, Status why) {
  parts_.complain("commit_failed", why.reason());
  deferred_ = std::move(batch.facts);
  plane_.reset();
  pause_reason_ = why.reason();
  reload();
  paused_until_ = parts_.mono_clock() + kPause;
  for (Reply& reply : batch.replies) answer_without_change(std::move(reply.call));
}

/// Back to what is durable. The memory of what this process had asked for is gone with the plane:
/// its first step asks again, and it must be told of the connection.
void Loop::reload() {
  ++counters_.reloads;
  const Status loaded = load();
  if (!loaded.ok()) {
    parts_.complain("reload_failed", loaded.reason());
    pause_reason_ = loaded.reason();
    paused_until_ = parts_.mono_clock() + kPause;
    return;
  }
  const bool announced = std::any_of(deferred_.begin(), deferred_.end(), [](const Fact& fact) {
    return std::holds_alternative<BrokerConnected>(fact.event);
  });
  if (broker_connected_ && !announced) {
    deferred_.insert(deferred_.begin(), Fact{BrokerConnected{}});
  }
}

void Loop::idle(std::vector<Mail> mail) {
  for (Mail& item : mail) {
    if (auto* call = std::get_if<std::unique_ptr<ApiCall>>(&item)) {
      answer_without_change(std::move(*call));
    } else if (auto* fact = std::get_if<Fact>(&item)) {
      // Devices repeat their reports; nobody repeats the rest.
      if (!std::holds_alternative<StateReported>(fact->event))
        deferred_.push_back(std::move(*fact));
    }
  }
}

void Loop::answer_without_change(std::unique_ptr<ApiCall> call) {
  const Refusal refusal = not_stored(pause_reason_);
  if (!plane_) return call->reply.set_value(api::problem(refusal));
  const api::Submit refuse = [&](const Event&, const Actor&) { return api::Outcome{refusal, 0}; };
  call->reply.set_value(parts_.api.answer(call->request, *plane_, refuse, parts_.wall_clock()));
}

}  // namespace flotilla::controller::app
