#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/base/fixed_string.h"
#include "schemas/base/ids.h"
#include "schemas/protocol/limits.h"
#include "schemas/protocol/messages.h"

/// The only place that builds or takes apart a topic name (docs/spec/protocol.md, "Topics").
namespace flotilla {

using Topic = FixedString<kMaxTopic>;

class Topics {
 public:
  /// `prefix`: one or two levels without wildcards or a trailing slash, at most kMaxTopicPrefix.
  explicit Topics(std::string_view prefix) : prefix_(prefix) {}

  static bool is_valid_prefix(std::string_view prefix);

  Topic class_directive(std::string_view hardware_class, std::string_view model) const;
  Topic keyset(std::string_view hardware_class) const;
  Topic offer(std::string_view hardware_class, TransferId transfer) const;
  Topic chunk(std::string_view hardware_class, TransferId transfer, uint32_t index) const;
  /// Wildcard filter of one group of chunks.
  Topic group(std::string_view hardware_class, TransferId transfer, uint32_t group) const;
  Topic device_directive(std::string_view device) const;
  Topic acknowledgement(std::string_view device) const;
  Topic state(uint16_t shard, std::string_view device) const;
  Topic health(uint16_t shard, std::string_view device) const;
  /// Filters of the controller: every device's state and health.
  Topic all_states() const;
  Topic all_health() const;

  std::string_view prefix() const { return prefix_.view(); }

 private:
  FixedString<kMaxTopicPrefix> prefix_;
};

enum class TopicKind : uint8_t {
  kUnknown,
  kClassDirective,
  kKeyset,
  kOffer,
  kChunk,
  kDeviceDirective,
  kAcknowledgement,
  kState,
  kHealth,
};

/// A topic taken apart; members that the kind does not have stay empty. Views borrow from the
/// topic.
struct ParsedTopic {
  TopicKind kind = TopicKind::kUnknown;
  std::string_view hardware_class;
  std::string_view model;
  std::string_view device;
  uint16_t shard = 0;
  TransferId transfer = 0;
  uint32_t chunk = 0;
};

/// kUnknown unless the topic is exactly what Topics would build (names valid, numbers canonical,
/// chunk inside its group).
ParsedTopic parse_topic(const Topics& topics, std::string_view topic);

}  // namespace flotilla
