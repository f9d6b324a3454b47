#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/base/bytes.h"
#include "schemas/base/time.h"

namespace flotilla::sim {

/// What a part of the trace is about.
enum class TraceKind : uint64_t { kEvent = 1, kEffect = 2, kWrite = 3, kBytes = 4, kFault = 5 };

/// A running hash over all that happens in a run: every event, effect, message and durable write,
/// in order. Two runs with the same hash did the same. Not for secrets.
class Trace {
 public:
  void event(MonoTime now, uint32_t target, uint32_t kind, uint64_t value) {
    mix(static_cast<uint64_t>(now.ms));
    mix(uint64_t{target} << 32 | kind);
    mix(value);
  }
  void note(TraceKind kind, uint64_t value) {
    mix(static_cast<uint64_t>(kind));
    mix(value);
  }
  void bytes(TraceKind kind, Bytes bytes) {
    mix(static_cast<uint64_t>(kind) << 56 ^ bytes.size());
    size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) mix(load_u64_le(bytes.data() + at));
    uint64_t tail = 0;
    for (; at < bytes.size(); ++at) tail = tail << 8 | bytes[at];
    mix(tail);
  }
  void text(TraceKind kind, std::string_view text) { bytes(kind, as_bytes(text)); }

  uint64_t hash() const { return state_ ^ state_ >> 32; }

 private:
  void mix(uint64_t value) {
    state_ = (state_ ^ value) * 0x9E3779B97F4A7C15u;
    state_ ^= state_ >> 29;
  }

  uint64_t state_ = 0x243F6A8885A308D3u;
};

}  // namespace flotilla::sim
