#pragma once

#include <compare>
#include <cstdint>

namespace flotilla {

/// A span of time in milliseconds.
struct Duration {
  int64_t ms = 0;
  constexpr auto operator<=>(const Duration&) const = default;
};

constexpr Duration milliseconds(int64_t n) {
  return Duration{n};
}
constexpr Duration seconds(int64_t n) {
  return Duration{n * 1000};
}

/// An instant of the process's monotonic clock. Meaningless after a restart: never store or send
/// it.
struct MonoTime {
  int64_t ms = 0;
  constexpr auto operator<=>(const MonoTime&) const = default;
};

constexpr MonoTime operator+(MonoTime t, Duration d) {
  return MonoTime{t.ms + d.ms};
}
constexpr MonoTime operator-(MonoTime t, Duration d) {
  return MonoTime{t.ms - d.ms};
}
constexpr Duration operator-(MonoTime a, MonoTime b) {
  return Duration{a.ms - b.ms};
}

/// Later than any instant that occurs: "no deadline".
inline constexpr MonoTime kNever{INT64_MAX};

/// Milliseconds since 1970-01-01T00:00:00Z. May jump; only signed messages and records carry it.
struct WallTime {
  int64_t ms = 0;
  constexpr auto operator<=>(const WallTime&) const = default;
};

constexpr WallTime operator+(WallTime t, Duration d) {
  return WallTime{t.ms + d.ms};
}

}  // namespace flotilla
