#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "controller/ports/transport.h"

namespace flotilla::testing {

/// What a transport reported, in order.
struct TransportEvent {
  enum class Kind { kConnected, kLost, kMessage, kPublished } kind = Kind::kConnected;
  std::string text;  ///< reason, or topic
  std::string payload;
  uint64_t token = 0;
  bool flag = false;  ///< retained, or ok
};

/// Collects the events of a transport for a test's own thread.
class Mailbox {
 public:
  using Kind = TransportEvent::Kind;

  controller::TransportEvents events() {
    return {.connected =
                [this] {
                  push({Kind::kConnected, "", "", 0, false});
                },
            .lost =
                [this](const std::string& reason) {
                  push({Kind::kLost, reason, "", 0, false});
                },
            .message =
                [this](const std::string& topic, const std::string& payload, bool retained) {
                  push({Kind::kMessage, topic, payload, 0, retained});
                },
            .published =
                [this](uint64_t token, bool ok, const std::string& reason) {
                  push({Kind::kPublished, reason, "", token, ok});
                }};
  }

  /// True when at least `count` events of the kind have come, within 30 s.
  bool wait(Kind kind, size_t count = 1) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return counted(kind) >= count; });
  }
  /// Takes all events; waits up to `longest` for the first.
  std::vector<TransportEvent> take(std::chrono::milliseconds longest) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, longest, [&] { return !events_.empty(); });
    return std::exchange(events_, {});
  }
  std::vector<TransportEvent> all(Kind kind) const {
    const std::lock_guard lock(mutex_);
    std::vector<TransportEvent> found;
    for (const TransportEvent& event : events_) {
      if (event.kind == kind) found.push_back(event);
    }
    return found;
  }
  std::vector<TransportEvent> all() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  size_t counted(Kind kind) const {
    size_t count = 0;
    for (const TransportEvent& event : events_) count += event.kind == kind ? 1 : 0;
    return count;
  }
  void push(TransportEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    arrived_.notify_all();
  }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<TransportEvent> events_;
};

}  // namespace flotilla::testing
