#pragma once

#include <array>
#include <cstdint>

#include "edge-client/mqtt/session.h"
#include "schemas/base/bytes.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

/// Reports of one kind on their way to the broker: at most one publish in flight, behind it at most
/// one that waits, and the newest content replaces the one that waits. With one buffer only (the
/// second empty) nothing can wait.
class ReportChannel {
 public:
  ReportChannel(MutableBytes first, MutableBytes second) : buffers_{first, second} {}

  /// Where the next report is encoded; empty when there is no room before the broker answered.
  /// What waited there is given up.
  MutableBytes begin();
  /// The first `size` bytes of begin() are complete.
  void commit(size_t size) { waiting_size_ = size; }
  /// Publishes what waits, when nothing is in flight.
  Status pump(mqtt::Session& session, std::string_view topic, MonoTime now);
  /// True when the packet was the one in flight; its buffer is free again.
  bool on_published(uint16_t packet_id);
  void forget();

  /// When the publish in flight was sent; kNever without one.
  MonoTime in_flight_since() const { return in_flight_since_; }

 private:
  size_t free_buffer() const { return in_flight_id_ == 0 ? 0 : 1 - in_flight_buffer_; }

  std::array<MutableBytes, 2> buffers_;
  size_t waiting_buffer_ = 0;
  size_t waiting_size_ = 0;  // 0: nothing waits
  size_t in_flight_buffer_ = 0;
  uint16_t in_flight_id_ = 0;  // 0: nothing is in flight
  MonoTime in_flight_since_ = kNever;
};

}  // namespace flotilla::edge
