#pragma once

#include <array>

#include "edge-client/mqtt/codec/packets.h"
#include "edge-client/mqtt/codec/varint.h"
#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

/// Cuts the byte stream from the server into packets (MQTT 5.0 section 2.1), however it was split
/// on its way, and refuses what no server may send. Holds one header: of a PUBLISH the part before
/// the payload, which passes by; of every other packet all that follows the fixed header.
class PacketFramer {
 public:
  /// Longest header accepted; a longer one within the maximum packet size is a quota exceeded.
  static constexpr size_t kBufferSize = 384;

  enum class Event : uint8_t {
    kNone,           ///< all bytes taken, nothing complete
    kPacket,         ///< header() is the rest of a packet of any other type
    kPublishHeader,  ///< header() is a PUBLISH up to its payload, which is next in the stream
    kFault,          ///< see fault(); the stream cannot be continued
  };

  explicit PacketFramer(uint32_t maximum_packet_size) : maximum_packet_size_(maximum_packet_size) {}
  /// Expects the first byte of a packet again.
  void reset();

  /// Takes bytes off the front of `in` up to the next event. After kPublishHeader the caller takes
  /// payload_size() bytes of the stream itself before it calls again.
  Event feed(Bytes& in);

  PacketType type() const { return static_cast<PacketType>(first_byte_ >> 4); }
  /// Low four bits of the first byte.
  uint8_t flags() const { return first_byte_ & 0x0F; }
  /// Valid until the next feed().
  Bytes header() const { return {buffer_.data(), filled_}; }
  uint32_t payload_size() const { return remaining_length_.value() - filled_; }
  const Fault& fault() const { return *fault_; }

 private:
  enum class Phase : uint8_t { kFirstByte, kRemainingLength, kHeader };

  Event take_fixed_header(uint8_t byte);
  Event begin_header();
  Event take_header(Bytes& in);
  Event extend_publish_header();
  Event finish(Event event);
  Event refuse(const Fault& fault);

  const uint32_t maximum_packet_size_;
  Verdict fault_ = nullptr;
  VarintDecoder remaining_length_;
  uint32_t wanted_ = 0;  ///< bytes of the header known to be needed so far
  uint16_t filled_ = 0;
  uint8_t first_byte_ = 0;
  Phase phase_ = Phase::kFirstByte;
  std::array<uint8_t, kBufferSize> buffer_;  ///< the first filled_ bytes are meaningful
};

}  // namespace flotilla::mqtt
