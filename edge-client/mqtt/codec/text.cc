#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {
namespace {

/// Bytes that follow `lead` (0 to 3), or -1 when it cannot start a character.
int continuation_count(uint8_t lead) {
  if (lead < 0x80) return lead == 0 ? -1 : 0;
  if (lead < 0xC2) return -1;  // a continuation, or an overlong form of ASCII
  if (lead < 0xE0) return 1;
  if (lead < 0xF0) return 2;
  return lead < 0xF5 ? 3 : -1;
}

/// The second byte closes the gaps that the lead leaves: overlong forms, surrogates, > U+10FFFF.
bool second_byte_fits(uint8_t lead, uint8_t second) {
  switch (lead) {
    case 0xE0:
      return second >= 0xA0;
    case 0xED:
      return second < 0xA0;
    case 0xF0:
      return second >= 0x90;
    case 0xF4:
      return second < 0x90;
    default:
      return true;
  }
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
    if (count > 0 && !second_byte_fits(lead, text[i])) return false;
    for (int k = 0; k < count; ++k) {
      if ((text[i++] & 0xC0) != 0x80) return false;
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
    const bool last = i + 1 == text.size();
    if (i > 0 && text[i - 1] != '/') return false;
    if (!last && (text[i] == '#' || text[i + 1] != '/')) return false;
  }
  return true;
}

}  // namespace flotilla::mqtt
