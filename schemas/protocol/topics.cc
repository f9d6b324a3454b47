#include "schemas/protocol/topics.h"

#include <array>

namespace flotilla {
namespace {

constexpr std::string_view kVersionLevel = "v1";

/// Builds "prefix/v1/a/b/...". The limits of the parts guarantee that it fits.
class Builder {
 public:
  explicit Builder(std::string_view prefix) {
    FLOTILLA_ASSERT(topic_.append(prefix));
    level(kVersionLevel);
  }
  Builder& level(std::string_view text) {
    FLOTILLA_ASSERT(topic_.append("/") && topic_.append(text));
    return *this;
  }
  Builder& number(uint32_t value) {
    char digits[10];
    size_t at = sizeof digits;
    do {
      digits[--at] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    return level({digits + at, sizeof digits - at});
  }
  /// Three lower-case hexadecimal digits: the 10 bits of a shard.
  Builder& shard(uint16_t value) {
    const auto digits = to_hex(uint64_t{value});
    return level({digits.view().data() + digits.size() - 3, 3});
  }
  Topic take() const { return topic_; }

 private:
  Topic topic_;
};

/// Decimal without sign or leading zeros.
bool parse_number(std::string_view text, uint32_t& out) {
  if (text.empty() || text.size() > 9) return false;
  if (text.size() > 1 && text[0] == '0') return false;
  uint32_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  out = value;
  return true;
}

struct Levels {
  static constexpr size_t kMax = 6;
  std::array<std::string_view, kMax> at;
  size_t count = 0;
};

/// Splits what follows "prefix/v1/"; false when the topic lies elsewhere or is too deep.
bool split(std::string_view prefix, std::string_view topic, Levels& out) {
  if (!topic.starts_with(prefix)) return false;
  topic.remove_prefix(prefix.size());
  if (!topic.starts_with("/v1/")) return false;
  topic.remove_prefix(4);
  while (out.count < Levels::kMax) {
    const size_t slash = topic.find('/');
    out.at[out.count++] = {topic.data(), slash == std::string_view::npos ? topic.size() : slash};
    if (slash == std::string_view::npos) return true;
    topic.remove_prefix(slash + 1);
  }
  return false;
}

/// Exactly three lower-case hexadecimal digits below 2^kShardBits.
bool parse_shard(std::string_view text, uint16_t& out) {
  if (text.size() != 3) return false;
  uint32_t value = 0;
  for (char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    value = value * 16 + static_cast<uint32_t>(digit ? c - '0' : c - 'a' + 10);
  }
  out = static_cast<uint16_t>(value);
  return value >> kShardBits == 0;
}

bool lower_hex16(std::string_view text, TransferId& out) {
  for (char c : text) {
    if (c >= 'A' && c <= 'F') return false;
  }
  return parse_hex(text, out);
}

ParsedTopic parse_class(const Levels& levels) {
  ParsedTopic parsed;
  if (levels.count < 3 || levels.count > 4 || !is_valid_name(levels.at[1])) return parsed;
  parsed.hardware_class = levels.at[1];
  if (levels.count == 3 && levels.at[2] == "keys") {
    parsed.kind = TopicKind::kKeyset;
  } else if (levels.count == 4 && is_valid_name(levels.at[2]) && levels.at[3] == "dir") {
    parsed.model = levels.at[2];
    parsed.kind = TopicKind::kClassDirective;
  }
  return parsed;
}

ParsedTopic parse_transfer(const Levels& levels) {
  ParsedTopic parsed;
  if (levels.count < 4 || levels.count > 5 || !is_valid_name(levels.at[1])) return parsed;
  if (!lower_hex16(levels.at[2], parsed.transfer)) return parsed;
  parsed.hardware_class = levels.at[1];
  if (levels.count == 4) {
    if (levels.at[3] == "m") parsed.kind = TopicKind::kOffer;
    return parsed;
  }
  uint32_t group = 0;
  const bool numbers =
      parse_number(levels.at[3], group) && parse_number(levels.at[4], parsed.chunk);
  if (numbers && parsed.chunk / kGroupSize == group) parsed.kind = TopicKind::kChunk;
  return parsed;
}

ParsedTopic parse_to_device(const Levels& levels) {
  ParsedTopic parsed;
  if (levels.count != 3 || !is_valid_device_id(levels.at[1])) return parsed;
  parsed.device = levels.at[1];
  if (levels.at[2] == "cmd") parsed.kind = TopicKind::kDeviceDirective;
  if (levels.at[2] == "ack") parsed.kind = TopicKind::kAcknowledgement;
  return parsed;
}

ParsedTopic parse_from_device(const Levels& levels) {
  ParsedTopic parsed;
  if (levels.count != 4 || !is_valid_device_id(levels.at[2])) return parsed;
  if (!parse_shard(levels.at[1], parsed.shard)) return parsed;
  parsed.device = levels.at[2];
  if (levels.at[3] == "st") parsed.kind = TopicKind::kState;
  if (levels.at[3] == "hp") parsed.kind = TopicKind::kHealth;
  return parsed;
}

}  // namespace

bool Topics::is_valid_prefix(std::string_view prefix) {
  if (prefix.empty() || prefix.size() > kMaxTopicPrefix) return false;
  if (prefix.front() == '/' || prefix.back() == '/' || prefix.front() == '$') return false;
  for (char c : prefix) {
    if (c == '+' || c == '#' || c < 0x21 || c > 0x7E) return false;
  }
  const size_t slash = prefix.find('/');  // at most two levels, so that no topic has 8 slashes
  return slash == std::string_view::npos || prefix.find('/', slash + 1) == std::string_view::npos;
}

Topic Topics::class_directive(std::string_view hardware_class, std::string_view model) const {
  return Builder(prefix()).level("c").level(hardware_class).level(model).level("dir").take();
}

Topic Topics::keyset(std::string_view hardware_class) const {
  return Builder(prefix()).level("c").level(hardware_class).level("keys").take();
}

Topic Topics::offer(std::string_view hardware_class, TransferId transfer) const {
  return Builder(prefix())
      .level("x")
      .level(hardware_class)
      .level(to_hex(transfer).view())
      .level("m")
      .take();
}

Topic Topics::chunk(std::string_view hardware_class, TransferId transfer, uint32_t index) const {
  return Builder(prefix())
      .level("x")
      .level(hardware_class)
      .level(to_hex(transfer).view())
      .number(index / kGroupSize)
      .number(index)
      .take();
}

Topic Topics::group(std::string_view hardware_class, TransferId transfer, uint32_t group) const {
  return Builder(prefix())
      .level("x")
      .level(hardware_class)
      .level(to_hex(transfer).view())
      .number(group)
      .level("+")
      .take();
}

Topic Topics::device_directive(std::string_view device) const {
  return Builder(prefix()).level("d").level(device).level("cmd").take();
}

Topic Topics::acknowledgement(std::string_view device) const {
  return Builder(prefix()).level("d").level(device).level("ack").take();
}

Topic Topics::state(uint16_t shard, std::string_view device) const {
  return Builder(prefix()).level("u").shard(shard).level(device).level("st").take();
}

Topic Topics::health(uint16_t shard, std::string_view device) const {
  return Builder(prefix()).level("u").shard(shard).level(device).level("hp").take();
}

Topic Topics::all_states() const {
  return Builder(prefix()).level("u").level("+").level("+").level("st").take();
}

Topic Topics::all_health() const {
  return Builder(prefix()).level("u").level("+").level("+").level("hp").take();
}

ParsedTopic parse_topic(const Topics& topics, std::string_view topic) {
  Levels levels;
  if (!split(topics.prefix(), topic, levels)) return {};
  if (levels.at[0] == "c") return parse_class(levels);
  if (levels.at[0] == "x") return parse_transfer(levels);
  if (levels.at[0] == "d") return parse_to_device(levels);
  if (levels.at[0] == "u") return parse_from_device(levels);
  return {};
}

}  // namespace flotilla
