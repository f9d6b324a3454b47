#pragma once

#include <cstdint>

#include "schemas/base/prng.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

struct ReconnectConfig {
  Duration startup_window = seconds(2);  ///< first connection of the process: U(0, this)
  Duration first_window = seconds(30);   ///< after a loss, until the controller announces another
  Duration base = seconds(1);            ///< first backoff
  Duration cap = seconds(300);           ///< longest backoff
  Duration stable_after = seconds(60);   ///< a connection this old resets the backoff
};

/// When to connect next. A broker that restarts loses its whole fleet at one instant, and a herd
/// whose handshakes take longer than its patience never comes back; so the first attempt already is
/// spread over a window that the controller sizes by the fleet, later ones by "full jitter"
/// (Brooker, "Exponential Backoff And Jitter", 2015). A connection that was accepted and soon
/// dropped counts as a failure, or two devices with one id would fight without end.
class ReconnectPolicy {
 public:
  ReconnectPolicy(const ReconnectConfig& config, Prng prng) : config_(config), prng_(prng) {}

  MonoTime at_start(MonoTime now);
  /// An attempt ended before the broker accepted it: U(0, min(cap, base * 2^failures)).
  MonoTime after_failure(MonoTime now);
  /// The broker accepted the connection.
  void connected(MonoTime now) { connected_at_ = now; }
  /// An accepted connection is gone. `announced`: window of the controller; 0: none yet.
  MonoTime after_loss(MonoTime now, Duration announced);

  uint32_t failures() const { return failures_; }

 private:
  Duration backoff() const;
  MonoTime draw(MonoTime now, Duration window);

  ReconnectConfig config_;
  Prng prng_;
  MonoTime connected_at_;
  uint32_t failures_ = 0;
};

}  // namespace flotilla::edge
