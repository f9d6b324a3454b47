#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {
namespace {

/// Bytes that follow `lead`, or -1 when it cannot start a character.
int continuation_count(uint8_t lead) {
  if (lead < 0x80) return 0;
  if (lead < 0xC0) return -1;
  if (lead < 0xE0) return 1;
  if (lead < 0xF0) return 2;
  return lead < 0xF8 ? 3 : -1;
}

/// Smallest character of each length: less is overlong, or U+0000.
constexpr uint32_t kSmallest[] = {1, 0x80, 0x800, 0x10000};
constexpr uint32_t kLargest = 0x10FFFF;

constexpr bool is_surrogate(uint32_t character) {
  return character >> 11 == 0xD800 >> 11;
}

bool is_length_of_topic(Bytes text) {
  return !text.empty() && text.size() <= UINT16_MAX;
}

}  // namespace

bool is_valid_text(Bytes text) {
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = text[i++];
    const int count = continuation_count(lead);
    if (count < 0 || static_cast<size_t>(count) > text.size() - i) return false;
    uint32_t character = count == 0 ? lead : lead & (0x3F >> count);
    for (int k = 0; k < count; ++k) {
      const uint8_t next = text[i++];
      if ((next & 0xC0) != 0x80) return false;
      character = character << 6 | (next & 0x3F);
    }
    if (character < kSmallest[count] || character > kLargest || is_surrogate(character)) {
      return false;
    }
  }
  return true;
}

bool has_wildcard(Bytes text) {
  for (uint8_t c : text) {
    if (c == '+' || c == '#') return true;
  }
  return false;
}

bool is_topic_name(Bytes text) {
  return is_length_of_topic(text) && is_valid_text(text) && !has_wildcard(text);
}

bool is_topic_filter(Bytes text) {
  if (!is_length_of_topic(text) || !is_valid_text(text)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+' && text[i] != '#') continue;
    const bool begins = i == 0 || text[i - 1] == '/';
    const bool ends = i + 1 == text.size() || (text[i] == '+' && text[i + 1] == '/');
    if (!begins || !ends) return false;
  }
  return true;
}

}  // namespace flotilla::mqtt
