#include "edge-client/agent/reconnect.h"

#include <algorithm>

namespace flotilla::edge {
namespace {

constexpr uint32_t kMaxDoublings = 20;

}  // namespace

Duration ReconnectPolicy::backoff() const {
  const uint32_t doublings = std::min(failures_, kMaxDoublings);
  return std::min(config_.cap, Duration{config_.base.ms << doublings});
}

MonoTime ReconnectPolicy::draw(MonoTime now, Duration window) {
  const int64_t bound = std::clamp<int64_t>(window.ms, 0, UINT32_MAX - 1) + 1;
  return now + milliseconds(prng_.below(static_cast<uint32_t>(bound)));
}

MonoTime ReconnectPolicy::at_start(MonoTime now) {
  return draw(now, config_.startup_window);
}

MonoTime ReconnectPolicy::after_failure(MonoTime now) {
  ++failures_;
  return draw(now, backoff());
}

MonoTime ReconnectPolicy::after_loss(MonoTime now, Duration announced) {
  const Duration window = announced.ms > 0 ? announced : config_.first_window;
  if (now - connected_at_ >= config_.stable_after) {
    failures_ = 0;
    return draw(now, window);
  }
  ++failures_;
  return draw(now, std::max(window, backoff()));
}

}  // namespace flotilla::edge
