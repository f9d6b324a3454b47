#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/base/digest.h"

/// Store keys: table (1 byte) + shard (2 bytes, big-endian) + id (docs/spec/store.md). Numbers are
/// big-endian, so byte order is number order. An encoding that was released never changes.
namespace flotilla::controller {

enum class Table : uint8_t {
  kMeta = 1,
  kClass = 2,
  kDevice = 3,
  kVersion = 4,
  kRollout = 5,
  kAssignment = 6,
  kTransfer = 7,
  kDirective = 8,
  kOutbox = 9,
  kAudit = 10,
  kToken = 11,
  kDocument = 12,
  kLifecycle = 17,
  kPolicy = 18,
  kAlias = 19,
  kApproval = 16,
  kAuditTree = 13,   ///< nodes of the Merkle tree, and checkpoints
  kAuditIndex = 14,  ///< entries by their object
};

namespace keys {

std::string table(Table table);  ///< prefix of every key of the table
std::string meta();
std::string hardware_class(std::string_view name);
std::string device(uint16_t shard, std::string_view id);
std::string version(std::string_view model, uint32_t number);
std::string document(std::string_view model, uint32_t number, uint32_t revision);
std::string rollout(uint32_t id);
std::string assignment(uint16_t shard, uint32_t rollout, std::string_view device);
std::string transfer(uint64_t id);
std::string directive(std::string_view hardware_class, std::string_view model);
std::string outbox(uint64_t id);
std::string audit(uint64_t number);
std::string token(std::string_view id);
std::string lifecycle(std::string_view model, uint32_t number);
std::string policy(std::string_view model, std::string_view hardware_class);
std::string alias(std::string_view model, std::string_view alias);
std::string approval(const Digest& release, uint64_t signer);
/// Root of the complete subtree `index` of 2^level leaves; level 1 to 63.
std::string audit_node(uint8_t level, uint64_t index);
std::string checkpoint(uint64_t size);
std::string checkpoints();  ///< prefix of every checkpoint
std::string audit_mark(std::string_view object, uint64_t number);
/// Prefix of the marks of an object and, with `below`, of those of the objects below it instead.
std::string audit_marks(std::string_view object, bool below);

}  // namespace keys
}  // namespace flotilla::controller
