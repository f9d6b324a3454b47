#pragma once

#include <cstdint>
#include <string>

namespace flotilla::sim {

/// 12345 -> "12,345".
std::string grouped(uint64_t value);
/// With so many digits after the point.
std::string fixed(double value, int digits);
/// "850 B", "12.5 KiB", "3.2 MiB".
std::string bytes_text(double bytes);
/// "340 ms", "12.3 s", "4:05 min".
std::string span_text(double ms);
/// 0.123 -> "12.3 %".
std::string percent_text(double share);

}  // namespace flotilla::sim
