#include "controller/domain/keys.h"

#include "schemas/base/bytes.h"

namespace flotilla::controller::keys {
namespace {

/// Parts of ids are names, which contain no such byte.
constexpr char kSeparator = '/';
/// Objects of audit entries contain no such byte.
constexpr char kObjectEnd = '\0';
/// Where levels of the audit tree end.
constexpr char kCheckpoints = '\x80';

std::string u32(uint32_t value) {
  uint8_t bytes[4];
  store_u32_be(bytes, value);
  return std::string(as_text(bytes));
}

std::string u64(uint64_t value) {
  uint8_t bytes[8];
  store_u64_be(bytes, value);
  return std::string(as_text(bytes));
}

std::string key(Table table, uint16_t shard, std::string_view id) {
  uint8_t head[3] = {static_cast<uint8_t>(table), 0, 0};
  store_u16_be(head + 1, shard);
  std::string out(as_text(head));
  out += id;
  return out;
}

}  // namespace

std::string table(Table table) {
  return std::string(1, static_cast<char>(table));
}

std::string meta() {
  return key(Table::kMeta, 0, "");
}

std::string hardware_class(std::string_view name) {
  return key(Table::kClass, 0, name);
}

std::string device(uint16_t shard, std::string_view id) {
  return key(Table::kDevice, shard, id);
}

std::string version(std::string_view model, uint32_t number) {
  return key(Table::kVersion, 0, std::string(model) + kSeparator + u32(number));
}

std::string document(std::string_view model, uint32_t number, uint32_t revision) {
  return key(Table::kDocument, 0, std::string(model) + kSeparator + u32(number) + u32(revision));
}

std::string rollout(uint32_t id) {
  return key(Table::kRollout, 0, u32(id));
}

std::string assignment(uint16_t shard, uint32_t rollout, std::string_view device) {
  return key(Table::kAssignment, shard, u32(rollout) + std::string(device));
}

std::string transfer(uint64_t id) {
  return key(Table::kTransfer, 0, u64(id));
}

std::string directive(std::string_view hardware_class, std::string_view model) {
  return key(Table::kDirective, 0, std::string(hardware_class) + kSeparator + std::string(model));
}

std::string outbox(uint64_t id) {
  return key(Table::kOutbox, 0, u64(id));
}

std::string audit(uint64_t number) {
  return key(Table::kAudit, 0, u64(number));
}

std::string token(std::string_view id) {
  return key(Table::kToken, 0, id);
}

std::string lifecycle(std::string_view model, uint32_t number) {
  return key(Table::kLifecycle, 0, std::string(model) + kSeparator + u32(number));
}

std::string policy(std::string_view model, std::string_view hardware_class) {
  return key(Table::kPolicy, 0, std::string(model) + kSeparator + std::string(hardware_class));
}

std::string alias(std::string_view model, std::string_view alias) {
  return key(Table::kAlias, 0, std::string(model) + kSeparator + std::string(alias));
}

std::string approval(const Digest& release, uint64_t signer) {
  return key(Table::kApproval, 0, std::string(as_text(release.view())) + u64(signer));
}

std::string audit_node(uint8_t level, uint64_t index) {
  return key(Table::kAuditTree, 0, std::string(1, static_cast<char>(level)) + u64(index));
}

std::string checkpoint(uint64_t size) {
  return checkpoints() + u64(size);
}

std::string checkpoints() {
  return key(Table::kAuditTree, 0, std::string(1, kCheckpoints));
}

std::string audit_mark(std::string_view object, uint64_t number) {
  return audit_marks(object, false) + u64(number);
}

std::string audit_marks(std::string_view object, bool below) {
  return key(Table::kAuditIndex, 0, std::string(object) + (below ? kSeparator : kObjectEnd));
}

}  // namespace flotilla::controller::keys
