#include "edge-client/mqtt/codec/packet_framer.h"

#include <algorithm>

namespace flotilla::mqtt {
namespace {

constexpr Fault kTypeZero = malformed("packet type 0");
constexpr Fault kReservedFlags = malformed("reserved flags");
constexpr Fault kQoS3 = malformed("QoS 3");                        // [MQTT-3.3.1-4]
constexpr Fault kDuplicateQoS0 = malformed("DUP with QoS 0");      // [MQTT-3.3.1-2]
constexpr Fault kRemainingLength = malformed("remaining length");  // [MQTT-1.5.5-1]
constexpr Fault kPropertyLength = malformed("property length");    // [MQTT-1.5.5-1]
constexpr Fault kCutShort = malformed("packet cut short");
constexpr Fault kQoS2 = protocol_error("QoS 2");  // section 3.8.4
constexpr Fault kQoS2Exchange = protocol_error("QoS 2 exchange");
constexpr Fault kClientPacket = protocol_error("packet of a client");
constexpr Fault kAuth = protocol_error("unwanted AUTH");  // [MQTT-4.12.0-6]
constexpr Fault kTooLarge = {Reason::kPacketTooLarge, "packet too large"};
constexpr Fault kBeyondBuffer = {Reason::kQuotaExceeded, "header too large"};

/// Flags of a PUBLISH (section 3.3.1) to a client whose subscriptions grant QoS 1 at most.
Verdict check_publish_flags(uint8_t flags) {
  const uint8_t qos = flags >> 1 & 3;
  const bool duplicate = flags & 8;
  if (qos == 3) return &kQoS3;
  if (qos == 2) return &kQoS2;
  return qos == 0 && duplicate ? &kDuplicateQoS0 : nullptr;
}

/// Type and reserved flags (sections 2.1.2, 2.1.3) of what a server sends to this client.
Verdict check_first_byte(uint8_t byte) {
  const uint8_t flags = byte & 0x0F;
  switch (static_cast<PacketType>(byte >> 4)) {
    case PacketType::kReserved:
      return &kTypeZero;
    case PacketType::kPublish:
      return check_publish_flags(flags);
    case PacketType::kConnAck:
    case PacketType::kPubAck:
    case PacketType::kSubAck:
    case PacketType::kUnsubAck:
    case PacketType::kPingResp:
    case PacketType::kDisconnect:
      return flags != 0 ? &kReservedFlags : nullptr;
    case PacketType::kConnect:
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe:
    case PacketType::kPingReq:
      return &kClientPacket;
    case PacketType::kPubRec:
    case PacketType::kPubRel:
    case PacketType::kPubComp:
      return &kQoS2Exchange;
    case PacketType::kAuth:
      return &kAuth;
  }
  return nullptr;
}

/// Bytes of a PUBLISH before its payload as far as `known`, its first bytes, tells; as many as are
/// known when that is all of them, 0 for a bad property length.
uint32_t publish_header_size(Bytes known, bool has_packet_id) {
  if (known.size() < 2) return 2;
  const uint32_t before_properties = 2u + load_u16_be(known.data()) + (has_packet_id ? 2 : 0);
  VarintDecoder length;
  for (size_t at = before_properties; at < known.size(); ++at) {
    switch (length.push(known[at])) {
      case VarintDecoder::Progress::kMore:
        break;
      case VarintDecoder::Progress::kDone:
        return before_properties + length.size() + length.value();
      case VarintDecoder::Progress::kBad:
        return 0;
    }
  }
  return before_properties + length.size() + 1;
}

}  // namespace

void PacketFramer::reset() {
  fault_ = nullptr;
  filled_ = 0;
  phase_ = Phase::kFirstByte;
}

PacketFramer::Event PacketFramer::feed(Bytes& in) {
  while (!in.empty()) {
    Event event;
    if (phase_ == Phase::kHeader) {
      event = take_header(in);
    } else {
      const uint8_t byte = in[0];
      in = in.subspan(1);
      event = take_fixed_header(byte);
    }
    if (event != Event::kNone) return event;
  }
  return Event::kNone;
}

PacketFramer::Event PacketFramer::take_fixed_header(uint8_t byte) {
  if (phase_ == Phase::kFirstByte) {
    if (Verdict fault = check_first_byte(byte)) return refuse(*fault);
    first_byte_ = byte;
    remaining_length_ = {};
    phase_ = Phase::kRemainingLength;
    return Event::kNone;
  }
  switch (remaining_length_.push(byte)) {
    case VarintDecoder::Progress::kMore:
      return Event::kNone;
    case VarintDecoder::Progress::kDone:
      return begin_header();
    case VarintDecoder::Progress::kBad:
      break;
  }
  return refuse(kRemainingLength);
}

PacketFramer::Event PacketFramer::begin_header() {
  const uint32_t length = remaining_length_.value();
  if (1u + remaining_length_.size() + length > maximum_packet_size_)  // [MQTT-3.1.2-24]
    return refuse(kTooLarge);
  filled_ = 0;
  phase_ = Phase::kHeader;
  if (type() == PacketType::kPublish) return extend_publish_header();
  if (length > kBufferSize) return refuse(kBeyondBuffer);
  wanted_ = length;
  return length == 0 ? finish(Event::kPacket) : Event::kNone;
}

PacketFramer::Event PacketFramer::take_header(Bytes& in) {
  const size_t count = std::min<size_t>(in.size(), wanted_ - filled_);
  copy(in.first(count), MutableBytes(buffer_).subspan(filled_));
  filled_ = static_cast<uint16_t>(filled_ + count);
  in = in.subspan(count);
  if (filled_ < wanted_) return Event::kNone;
  return type() == PacketType::kPublish ? extend_publish_header() : finish(Event::kPacket);
}

PacketFramer::Event PacketFramer::extend_publish_header() {
  const bool has_packet_id = (flags() & 6) != 0;
  wanted_ = publish_header_size(header(), has_packet_id);
  if (wanted_ == 0) return refuse(kPropertyLength);
  if (wanted_ == filled_) return finish(Event::kPublishHeader);
  if (wanted_ > remaining_length_.value()) return refuse(kCutShort);
  if (wanted_ > kBufferSize) return refuse(kBeyondBuffer);
  return Event::kNone;
}

PacketFramer::Event PacketFramer::finish(Event event) {
  phase_ = Phase::kFirstByte;
  return event;
}

PacketFramer::Event PacketFramer::refuse(const Fault& fault) {
  fault_ = &fault;
  return Event::kFault;
}

}  // namespace flotilla::mqtt
