#pragma once

#include <cstdint>

namespace flotilla {

// Compared by value: a defaulted three-way comparison goes through references and costs a small
// processor several times the code.

/// A span of time in milliseconds.
struct Duration {
  int64_t ms = 0;
  constexpr bool operator==(const Duration&) const = default;
  friend constexpr bool operator<(Duration a, Duration b) { return a.ms < b.ms; }
  friend constexpr bool operator<=(Duration a, Duration b) { return a.ms <= b.ms; }
  friend constexpr bool operator>(Duration a, Duration b) { return a.ms > b.ms; }
  friend constexpr bool operator>=(Duration a, Duration b) { return a.ms >= b.ms; }
};

constexpr Duration milliseconds(int64_t n) {
  return Duration{n};
}
constexpr Duration seconds(int64_t n) {
  return Duration{n * 1000};
}

constexpr Duration operator+(Duration a, Duration b) {
  return Duration{a.ms + b.ms};
}

/// An instant of the process's monotonic clock. Meaningless after a restart: never store or send
/// it.
struct MonoTime {
  int64_t ms = 0;
  constexpr bool operator==(const MonoTime&) const = default;
  friend constexpr bool operator<(MonoTime a, MonoTime b) { return a.ms < b.ms; }
  friend constexpr bool operator<=(MonoTime a, MonoTime b) { return a.ms <= b.ms; }
  friend constexpr bool operator>(MonoTime a, MonoTime b) { return a.ms > b.ms; }
  friend constexpr bool operator>=(MonoTime a, MonoTime b) { return a.ms >= b.ms; }
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

constexpr MonoTime earlier(MonoTime a, MonoTime b) {
  return MonoTime{a.ms < b.ms ? a.ms : b.ms};
}

/// Later than any instant that occurs: "no deadline".
inline constexpr MonoTime kNever{INT64_MAX};

/// Milliseconds since 1970-01-01T00:00:00Z. May jump; only signed messages and records carry it.
struct WallTime {
  int64_t ms = 0;
  constexpr bool operator==(const WallTime&) const = default;
  friend constexpr bool operator<(WallTime a, WallTime b) { return a.ms < b.ms; }
  friend constexpr bool operator<=(WallTime a, WallTime b) { return a.ms <= b.ms; }
  friend constexpr bool operator>(WallTime a, WallTime b) { return a.ms > b.ms; }
  friend constexpr bool operator>=(WallTime a, WallTime b) { return a.ms >= b.ms; }
};

constexpr WallTime operator+(WallTime t, Duration d) {
  return WallTime{t.ms + d.ms};
}

}  // namespace flotilla
