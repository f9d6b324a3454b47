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

/// "1 device", "2 devices"
inline std::string devices(uint64_t count) {
  return cat(count, count == 1 ? " device" : " devices");
}

}  // namespace flotilla::controller
