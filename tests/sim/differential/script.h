#pragma once

#include <string>
#include <vector>

#include "simulator/engine/chance.h"
#include "tests/sim/differential/wire.h"

namespace flotilla::sim::differential {

inline constexpr size_t kClients = 3;
/// What both brokers are told to allow, small enough to be reached.
inline constexpr size_t kMaxInFlight = 3;
inline constexpr size_t kMaxQueued = 4;

/// At worst 12 s: a keep-alive runs out after 3 s, Mosquitto looks at them every 5 s, the session
/// ends 3 s later, and Mosquitto looks at those every second.
inline constexpr Duration kWaitTime = seconds(16);
inline constexpr uint32_t kShortExpiry = 3;     // seconds
inline constexpr uint16_t kShortKeepAlive = 2;  // seconds

/// One step of a conversation.
struct Step {
  enum class Kind : uint8_t {
    kConnect,
    kSubscribe,
    kUnsubscribe,
    kPublish,
    kAcknowledge,  ///< the oldest publish that it holds back
    kHoldBack,     ///< acknowledges nothing of itself from here on
    kAnswer,       ///< acknowledges everything, at once, from here on
    kDisconnect,
    kVanish,   ///< the transport is gone
    kWait,     ///< kWaitTime: sessions and keep-alives run out
    kRestart,  ///< an orderly one: everything is saved
    kSave,     ///< what an autosave does
    kKill,     ///< back with what was saved last
    kForget,   ///< back with nothing
  };
  Kind kind = Kind::kConnect;
  size_t client = 0;
  Connect connect;
  Subscribe subscribe;
  Publish publish;
  uint8_t reason = 0;
};

/// A conversation of a few clients with one broker.
struct Script {
  uint64_t seed = 0;
  std::string prefix;  ///< of topics and client identifiers: scripts share a broker
  bool restarts = false;
  std::vector<Step> steps;
};

/// The same seed gives the same script. `waits`: steps that take real time may occur.
Script make_script(uint64_t seed, bool restarts, bool waits);
std::string describe(const Step& step);

}  // namespace flotilla::sim::differential
