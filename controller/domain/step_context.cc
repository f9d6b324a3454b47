#include "controller/domain/step_context.h"

#include "controller/domain/bounds.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {

/// Records live in maps, whose nodes stay where they are until the step ends.
template <typename Record>
void StepContext::keep(std::string key, const Record& record) {
  changed_[std::move(key)] = [&record] { return encode(record); };
}

void StepContext::touch(const HardwareClass& record) {
  keep(keys::hardware_class(record.name), record);
}

void StepContext::touch(const Device& record) {
  state.memory.health_stored[record.id] = record.last_health;
  keep(keys::device(record.shard, record.id), record);
}

void StepContext::touch(const ModelVersion& record) {
  keep(keys::version(record.model, record.version), record);
}

void StepContext::touch(const DocumentRevision& record) {
  keep(keys::document(record.model, record.version, record.revision), record);
}

void StepContext::touch(const Rollout& record) {
  keep(keys::rollout(record.id), record);
}

void StepContext::touch(const Assignment& record) {
  const uint16_t shard = state.devices.at(record.device).shard;
  keep(keys::assignment(shard, record.rollout, record.device), record);
}

void StepContext::touch(const Transfer& record) {
  keep(keys::transfer(record.id), record);
}

void StepContext::touch(const StandingDirective& record) {
  keep(keys::directive(record.hardware_class, record.model), record);
}

void StepContext::touch(const OutboxEntry& record) {
  keep(keys::outbox(record.id), record);
}

void StepContext::touch(const Token& record) {
  keep(keys::token(record.id), record);
}

void StepContext::touch(const Lifecycle& record) {
  keep(keys::lifecycle(record.model, record.version), record);
}

void StepContext::touch(const Policy& record) {
  keep(keys::policy(record.model, record.hardware_class), record);
}

void StepContext::touch(const Alias& record) {
  keep(keys::alias(record.model, record.alias), record);
}

void StepContext::touch(const ReleaseApproval& record) {
  keep(keys::approval(record.release_digest, record.signer), record);
}

/// Its value is taken at once: what is kept of it is only the newest.
void StepContext::touch(const SignedCheckpoint& record) {
  changed_[keys::checkpoint(record.value.head.size)] = [bytes = encode(record)] { return bytes; };
}

void StepContext::touch_meta() {
  keep(keys::meta(), state.meta);
}

void StepContext::drop_transfer(TransferId id) {
  state.transfers.erase(id);
  changed_[keys::transfer(id)] = nullptr;
}

void StepContext::drop_approval(const Digest& release, KeyId signer) {
  state.approvals.at(release).erase(signer);
  changed_[keys::approval(release, signer)] = nullptr;
}

void StepContext::drop_token(const std::string& id) {
  changed_[keys::token(id)] = nullptr;
  state.tokens.erase(id);
}

void StepContext::drop_policy(const PolicyKey& key) {
  changed_[keys::policy(key.first, key.second)] = nullptr;
  state.policies.erase(key);
}

void StepContext::drop_alias(const AliasKey& key) {
  changed_[keys::alias(key.first, key.second)] = nullptr;
  state.aliases.erase(key);
}

void StepContext::drop_assignment(const Assignment& record) {
  const uint16_t shard = state.devices.at(record.device).shard;
  changed_[keys::assignment(shard, record.rollout, record.device)] = nullptr;
  state.assignments.at(record.rollout).erase(std::string(record.device));  // ends `record`
}

void StepContext::drop_outbox(uint64_t id) {
  state.outbox.erase(id);
  state.memory.sent.erase(id);
  state.memory.outbox_troubles.erase(id);
  changed_[keys::outbox(id)] = nullptr;
}

void StepContext::emit(Effect effect) {
  result_.effects.push_back(std::move(effect));
}

void StepContext::audit(std::string_view action, std::string_view object, std::string_view detail,
                        std::string_view evidence) {
  AuditEntry entry;
  entry.number = state.meta.next_audit++;
  entry.time = now;
  entry.actor = actor;
  entry.action = action;
  entry.object = object;
  entry.detail = detail.substr(0, kMaxText);
  entry.evidence = evidence;
  std::string bytes = encode(entry);
  state.log.append(hasher, as_bytes(bytes), [&](uint8_t level, uint64_t index, const Digest& node) {
    changed_[keys::audit_node(level, index)] = [node] { return encode(AuditNode{node}); };
  });
  changed_[keys::audit(entry.number)] = [bytes = std::move(bytes)] { return bytes; };
  changed_[keys::audit_mark(entry.object, entry.number)] = [] { return encode(AuditMark{}); };
  touch_meta();
}

StepResult StepContext::finish() {
  for (const auto& [key, value] : changed_) {
    result_.writes.push_back({key, value ? std::optional(value()) : std::nullopt});
  }
  return std::move(result_);
}

}  // namespace flotilla::controller
