#pragma once

#include <concepts>
#include <string>
#include <string_view>

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
