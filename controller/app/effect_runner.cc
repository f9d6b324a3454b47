#include "controller/app/effect_runner.h"

#include <array>
#include <utility>

#include "controller/artifact/build_transfers.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/retention.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::app {

namespace {

/// What a publish token stands for: the kind in the top byte, its number below.
enum class TokenKind : uint8_t { kDirective = 1, kAcknowledgement = 2, kKeyset = 3 };

constexpr uint64_t kTokenNumber = (uint64_t{1} << 56) - 1;
constexpr size_t kAcknowledgementArena = 4096;

TokenKind kind_of(uint64_t token) {
  return static_cast<TokenKind>(token >> 56);
}

uint64_t make_token(TokenKind kind, uint64_t number) {
  return static_cast<uint64_t>(kind) << 56 | (number & kTokenNumber);
}

/// A build that throws, for lack of memory, fails in words: the rollout says why it waits.
BuiltTransfers build_or_fail(const BuildTransfers& job, BuildTools& tools,
                             const std::atomic<bool>& cancelled) {
  try {
    return build_transfers(job, tools, cancelled);
  } catch (const std::exception& fault) {
    BuiltTransfers out;
    out.event.rollout = job.rollout;
    out.event.hardware_class = job.hardware_class.name;
    out.event.for_rollback = job.for_rollback;
    out.event.failure = std::string("the build ended with: ") + fault.what();
    out.event.may_pass = true;
    return out;
  }
}

}  // namespace

void EffectRunner::connected(const ControlPlane& plane) {
  for (const Topic& filter : {parts_.topics.all_states(), parts_.topics.all_health()}) {
    const Status status = parts_.transport.subscribe(filter.view());
    if (status.ok()) continue;
    parts_.log(LogLevel::kError, "subscribe_failed",
               {{"filter", std::string(filter.view())}, {"reason", status.reason()}});
  }
  urgent_.clear();
  acks_.clear();
  keyset_classes_.clear();
  publish_keysets(plane);
  sweep(plane);
}

void EffectRunner::perform(const Effect& effect) {
  std::visit([this](const auto& concrete) { run(concrete); }, effect);
}

void EffectRunner::settle(const ControlPlane& plane, MonoTime now) {
  adopt_keyset(now);
  publish_waiting();
  if (now >= keyset_due_ && keyset_refused_.exchange(false)) {
    keyset_due_ = now + kRetryInterval;
    keyset_classes_.clear();
  }
  publish_keysets(plane);
  write_rights(plane, now);
  remove_artifacts(plane);
}

bool EffectRunner::publish_now(const Message& message) {
  const Status status = parts_.transport.publish(message.topic.view(), as_bytes(message.payload),
                                                 message.retain, message.token);
  if (status.code() == Code::kResourceExhausted) return false;
  // Without a connection the message is lost: the next one asks for everything again.
  ++(status.ok() ? published_ : publish_refused_);
  return true;
}

void EffectRunner::publish(const Topic& topic, Bytes payload, bool retain, uint64_t token) {
  Message message{topic, std::string(as_text(payload)), retain, token};
  const bool is_ack = kind_of(token) == TokenKind::kAcknowledgement;
  std::deque<Message>& queue = is_ack ? acks_ : urgent_;
  if (urgent_.empty() && queue.empty() && publish_now(message)) return;
  if (queue.size() < kMaxWaiting) {
    queue.push_back(std::move(message));
  } else {
    ++publish_refused_;
  }
}

void EffectRunner::publish_waiting() {
  for (std::deque<Message>* queue : {&urgent_, &acks_}) {
    while (!queue->empty() && publish_now(queue->front())) queue->pop_front();
    if (!queue->empty()) return;
  }
}

void EffectRunner::adopt_keyset(MonoTime now) {
  if (adopting_.empty() || now < adoption_due_) return;
  const Status status = parts_.adopt_keyset(adopting_);
  if (status.ok()) return adopting_.clear();
  adoption_due_ = now + kRetryInterval;
  parts_.log(LogLevel::kError, "keyset_not_in_force", {{"reason", status.reason()}});
}

void EffectRunner::publish_keysets(const ControlPlane& plane) {
  if (keyset_classes_.size() == plane.classes().size() || !parts_.transport.connected()) return;
  for (const auto& [name, definition] : plane.classes()) {
    if (!keyset_classes_.insert(name).second) continue;
    publish(parts_.topics.keyset(name), as_bytes(parts_.keyset), true,
            make_token(TokenKind::kKeyset, ++last_number_));
  }
}

void EffectRunner::use_keyset(std::string envelope) {
  parts_.keyset = std::move(envelope);
  keyset_classes_.clear();
}

void EffectRunner::sweep(const ControlPlane& plane) {
  if (std::exchange(swept_, true)) return;
  std::set<TransferId> known;
  for (const auto& [id, transfer] : plane.transfers()) known.insert(id);
  for (const auto& [name, definition] : plane.classes()) parts_.sweep(name, known);
}

void EffectRunner::run(const PublishDirective& effect) {
  const Directive directive = effect.message();
  const auto bytes = sign_directive(parts_.hasher, parts_.director, directive);
  if (!bytes.ok()) {
    ++encode_failed_;
    return parts_.log(LogLevel::kError, "directive_not_signed",
                      {{"model", std::string(directive.model.view())},
                       {"class", std::string(directive.hardware_class.view())},
                       {"reason", bytes.status().reason()}});
  }
  const bool for_class = directive.device.empty();
  const Topic topic = for_class ? parts_.topics.class_directive(directive.hardware_class.view(),
                                                                directive.model.view())
                                : parts_.topics.device_directive(directive.device.view());
  const uint64_t token = make_token(TokenKind::kDirective, effect.outbox_id);
  publish(topic, as_bytes(bytes.value()), for_class, token);
}

void EffectRunner::run(const SendAcknowledgement& effect) {
  alignas(8) std::array<uint8_t, kAcknowledgementArena> arena;
  std::array<uint8_t, kMaxAcknowledgement> out;
  const auto size = wire::Encoder(arena).acknowledgement(effect.acknowledgement, out);
  if (!size.ok()) {
    ++encode_failed_;
    return;
  }
  publish(parts_.topics.acknowledgement(effect.device), Bytes(out).first(size.value()), false,
          make_token(TokenKind::kAcknowledgement, ++last_number_));
}

void EffectRunner::run(const BuildTransfers& effect) {
  const bool taken = parts_.submit([parts = &parts_, job = effect] {
    const std::atomic<bool>& cancelled = parts->cancelled;
    BuildProgress progress(parts->log, job.rollout, job.hardware_class.name, parts->clock());
    BuildTools tools{parts->artifacts, parts->director, parts->hasher, parts->payloads,
                     parts->parallel};
    tools.progress = [parts, &progress](const EncodeProgress& now) {
      progress.show(now, parts->clock());
    };
    BuiltTransfers built = build_or_fail(job, tools, cancelled);
    if (cancelled) return;  // the process ends: the next one asks again
    for (const std::string& note : built.notes) {
      parts->log(LogLevel::kInfo, "build_note",
                 {{"rollout", std::to_string(job.rollout)}, {"note", note}});
    }
    parts->mailbox.push(Fact{std::move(built.event)});
  });
  if (!taken) ++builds_refused_;
}

void EffectRunner::run(const PlaceTransfer& effect) {
  parts_.place(effect);
}

void EffectRunner::run(const ClearTransfer& effect) {
  parts_.clear(effect);
}

void EffectRunner::run(const RegenerateRights&) {
  rights_dirty_ = true;
}

void EffectRunner::run(const SignCheckpoint& effect) {
  auto envelope = sign_checkpoint(parts_.hasher, parts_.director, effect.checkpoint);
  if (!envelope.ok()) {
    ++encode_failed_;
    return parts_.log(LogLevel::kError, "checkpoint_not_signed",
                      {{"reason", envelope.status().reason()}});
  }
  parts_.mailbox.push(Fact{KeepCheckpoint{{effect.checkpoint, std::move(envelope.value())}}});
}

/// With settle(), at the end of the turn.
void EffectRunner::run(const AdoptKeyset& effect) {
  adopting_ = effect.envelope;
  adoption_due_ = {INT64_MIN / 2};
}

void EffectRunner::run(const RemoveArtifacts& effect) {
  removals_.insert(effect.artifacts.begin(), effect.artifacts.end());
}

/// A version that was registered in the same turn may have claimed the bytes again.
void EffectRunner::remove_artifacts(const ControlPlane& plane) {
  if (!std::exchange(found_removals_, true)) {
    for (const auto& [model, versions] : plane.models()) {
      for (const auto& [number, version] : versions) {
        if (is_deleted(version)) retention::add_artifacts(version, removals_);
      }
    }
  }
  if (removals_.empty()) return;
  const std::set<Digest> needed = plane.needed_artifacts();
  for (const Digest& digest : std::exchange(removals_, {})) {
    if (digest.is_none() || needed.contains(digest) || !parts_.artifacts.contains(digest)) continue;
    const Status status = parts_.artifacts.remove(digest);
    if (!status.ok())
      parts_.log(LogLevel::kWarning, "artifact_not_removed",
                 {{"digest", std::string(to_hex(digest).view())}, {"reason", status.reason()}});
  }
}

void EffectRunner::write_rights(const ControlPlane& plane, MonoTime now) {
  if (!rights_dirty_ || now < rights_due_) return;
  rights_due_ = now + kRightsInterval;
  std::string explanation;
  const Status status = parts_.write_rights(plane.devices(), explanation);
  rights_dirty_ = !status.ok();
  if (status.ok()) return;
  rights_due_ = now + kRetryInterval;
  parts_.log(LogLevel::kError, "broker_rights_failed", {{"reason", explanation}});
}

void EffectRunner::on_published(uint64_t token, bool ok, const std::string& reason) {
  const TokenKind kind = kind_of(token);
  if (!ok) {
    ++publish_refused_;
    if (kind == TokenKind::kKeyset) keyset_refused_ = true;
    if (kind == TokenKind::kAcknowledgement) return;
    if (kind == TokenKind::kDirective && (token & kTokenNumber) != 0) {
      parts_.mailbox.push(Fact{OutboxRefused{token & kTokenNumber, reason}});
    }
    return parts_.log(
        LogLevel::kWarning, "publish_refused",
        {{"kind", kind == TokenKind::kKeyset ? "keyset" : "directive"}, {"reason", reason}});
  }
  if (kind == TokenKind::kDirective) {
    parts_.mailbox.push(Fact{OutboxDelivered{{token & kTokenNumber}}});
  }
}

EffectCounters EffectRunner::counters() const {
  return {published_, publish_refused_, encode_failed_, builds_refused_};
}

}  // namespace flotilla::controller::app
