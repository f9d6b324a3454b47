#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

inline std::string to_text(std::string_view text) {
  return std::string(text);
}
template <std::integral T>
std::string to_text(T number) {
  return std::to_string(number);
}

/// Texts and numbers, one after the other.
template <typename... Parts>
std::string cat(const Parts&... parts) {
  std::string out;
  ((out += to_text(parts)), ...);
  return out;
}

/// Lower-case hexadecimal.
inline std::string hex_text(Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

/// Its inverse, digits of either case; nothing when the text is not hexadecimal.
inline std::optional<std::string> parse_hex_text(std::string_view text) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = value(text[i]), low = value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

/// Exactly `out.size()` bytes out of twice as many hexadecimal digits of either case.
inline bool read_hex(std::string_view text, MutableBytes out) {
  const auto bytes = parse_hex_text(text);
  if (!bytes || bytes->size() != out.size()) return false;
  copy(as_bytes(*bytes), out);
  return true;
}

/// Millionths as a decimal number: 250000 is "0.25".
inline std::string millionths_text(uint32_t millionths) {
  std::string fraction = std::to_string(millionths % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return std::to_string(millionths / 1'000'000) + (fraction.empty() ? "" : "." + fraction);
}

/// "1 device", "2 devices"
inline std::string devices(uint64_t count) {
  return cat(count, count == 1 ? " device" : " devices");
}

}  // namespace flotilla::controller
