#include "simulator/load/number_text.h"

#include <cmath>
#include <cstdio>

namespace flotilla::sim {

std::string grouped(uint64_t value) {
  std::string out = std::to_string(value);
  for (size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  return fixed(bytes, unit == 0 || bytes >= 100 ? 0 : 1) + " " + units[unit];
}

std::string span_text(double ms) {
  if (ms < 1000) return fixed(ms, 0) + " ms";
  if (ms < 120'000) return fixed(ms / 1000, 1) + " s";
  const auto s = static_cast<int64_t>(std::llround(ms / 1000));
  char text[32];
  std::snprintf(text, sizeof text, "%d:%02d min", static_cast<int>(s / 60),
                static_cast<int>(s % 60));
  return text;
}

std::string percent_text(double share) {
  return fixed(share * 100, 1) + " %";
}

}  // namespace flotilla::sim
