#pragma once

#include <array>

#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

/// Bytes on their way to the transport, first in, first out: whole control packets and PUBLISH
/// headers in its own buffer, payloads where their owners keep them. Knows no packet formats.
///
/// A part of the buffer is held back so that every PUBACK within the receive maximum, one PINGREQ
/// and one DISCONNECT always fit: what the protocol obliges us to send is never refused.
class TransmitQueue {
 public:
  static constexpr size_t kBufferSize = 512;
  static constexpr size_t kMaxPublications = 4;  ///< ours, queued or waiting for a PUBACK
  static constexpr uint16_t kMaxAcks = 16;       ///< PUBACKs of ours not yet sent

  /// Empty again. `ack_limit`: PUBACKs to hold room for, at most kMaxAcks.
  void reset(uint16_t ack_limit);

  bool is_empty() const { return used_ == 0; }
  /// The next contiguous bytes; empty when all is sent.
  Bytes front() const;
  /// The first `count` bytes of front() are sent. True when that completed a publication without
  /// packet id: its payload is no longer borrowed.
  bool drain(size_t count);

  /// Room for a packet that may be refused, and for one that may not.
  MutableBytes request_room();
  MutableBytes reserved_room();
  /// Queues the first `size` bytes of either room.
  void commit(size_t size);
  /// The same for a PUBACK, counted until its last byte is sent.
  void commit_ack(size_t size);
  /// The same for the header of a PUBLISH, followed by its payload. Needs has_free_publication().
  void commit_publication(size_t header_size, Bytes payload, uint16_t packet_id);

  bool has_free_publication() const { return find(Stage::kFree, 0) != kMaxPublications; }
  /// Publications with a packet id that were not released.
  size_t in_flight() const;
  bool is_in_flight(uint16_t packet_id) const {
    return find(Stage::kQueued, packet_id) != kMaxPublications ||
           find(Stage::kSent, packet_id) != kMaxPublications;
  }
  /// Forgets a publication that was sent whole; false when there is none of that id.
  bool release(uint16_t packet_id);
  uint16_t unsent_acks() const { return ack_count_; }

  /// Forgets all publications and the bytes behind the first of them that is not sent. False, with
  /// nothing left, when a part of that one is sent: no other packet may follow.
  bool drop_publications();

  /// Marks the end of what is queued now; reached() once the transport has taken it all.
  uint16_t mark() const { return static_cast<uint16_t>(sent_ + used_); }
  bool reached(uint16_t mark) const { return behind(mark) <= 0; }

 private:
  enum class Stage : uint8_t { kFree, kQueued, kSent };

  // Positions count the bytes through the buffer modulo 2^16; any two in use lie within it.
  struct Publication {
    Bytes payload;  // the rest of it
    uint16_t packet_id = 0;
    uint16_t header_begin = 0;
    uint16_t header_end = 0;
    Stage stage = Stage::kFree;
  };

  int behind(uint16_t position) const { return static_cast<int16_t>(position - sent_); }
  /// Index of a publication; kMaxPublications when there is none. Free ones have packet id 0.
  size_t find(Stage stage, uint16_t packet_id) const;
  /// Index of the first publication that is not sent whole; kMaxPublications when there is none.
  size_t next_publication() const;
  void consume_buffer(size_t count);

  uint16_t used_ = 0;
  uint16_t sent_ = 0;
  uint16_t ack_head_ = 0;
  uint16_t ack_count_ = 0;
  uint16_t ack_limit_ = 0;
  std::array<uint16_t, kMaxAcks> ack_ends_;  // ring: positions behind each unsent PUBACK
  std::array<Publication, kMaxPublications> publications_;
  std::array<uint8_t, kBufferSize> buffer_;  // the first used_ bytes wait
};

}  // namespace flotilla::mqtt
