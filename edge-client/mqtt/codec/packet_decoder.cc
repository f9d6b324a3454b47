#include "edge-client/mqtt/codec/packet_decoder.h"

#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {
namespace {

// Tables 3-1, 3-4, 3-8, 3-9 and 3-10 of the specification, as far as a server sends them to this
// client: SUBACK without Granted QoS 2, which was not asked for.
constexpr uint8_t kConnAckCodes[] = {0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86,
                                     0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97,
                                     0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F};
constexpr uint8_t kPubAckCodes[] = {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99};
constexpr uint8_t kSubAckCodes[] = {0x00, 0x01, 0x80, 0x83, 0x87, 0x8F,
                                    0x91, 0x97, 0x9E, 0xA1, 0xA2};
constexpr uint8_t kUnsubAckCodes[] = {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91};
constexpr uint8_t kDisconnectCodes[] = {0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E,
                                        0x8F, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A,
                                        0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2};

constexpr Fault kCutShort = malformed("packet cut short");
constexpr Fault kTrailing = malformed("trailing bytes");
constexpr Fault kConnAckFlags = malformed("CONNACK flags");     // [MQTT-3.2.2-1]
constexpr Fault kTopicText = malformed("topic text");           // [MQTT-1.5.4-1]
constexpr Fault kTopicWildcard = malformed("topic wildcard");   // [MQTT-3.3.2-2]
constexpr Fault kTopicEmpty = protocol_error("empty topic");    // section 3.3.2.1
constexpr Fault kPacketIdZero = protocol_error("packet id 0");  // section 2.2.1
constexpr Fault kReasonCode = protocol_error("reason code");
constexpr Fault kReasonCount = protocol_error("reason count");             // section 3.9.3
constexpr Fault kSessionRefused = protocol_error("refused with session");  // [MQTT-3.2.2-6]

Verdict check_end(const Reader& in) {
  if (in.failed()) return &kCutShort;
  return in.left() > 0 ? &kTrailing : nullptr;
}

Verdict check_reason(Bytes allowed, uint8_t code) {
  for (uint8_t known : allowed) {
    if (known == code) return nullptr;
  }
  return &kReasonCode;
}

Verdict check_topic(Bytes topic) {
  if (topic.empty()) return &kTopicEmpty;
  return has_wildcard(topic) ? &kTopicWildcard : nullptr;
}

/// PUBACK and DISCONNECT may leave out their properties, and the reason code before them when it is
/// zero (sections 3.4.2.1, 3.14.2.1).
Verdict decode_short_tail(Reader& in, PacketType type, uint8_t& reason_code) {
  if (in.failed() || in.left() == 0) return check_end(in);
  reason_code = in.u8();
  if (in.left() == 0) return nullptr;
  PropertySet properties;
  if (Verdict fault = decode_properties(in, type, properties)) return fault;
  return check_end(in);
}

/// SUBACK and UNSUBACK: one reason code for each filter, and this client sends one a packet.
Verdict decode_long_tail(Reader& in, PacketType type, uint8_t& reason_code) {
  PropertySet properties;
  if (in.failed()) return check_end(in);
  if (Verdict fault = decode_properties(in, type, properties)) return fault;
  if (in.left() != 1) return &kReasonCount;
  reason_code = in.u8();
  return nullptr;
}

}  // namespace

Verdict decode_connack(Bytes body, ConnAck& out) {
  Reader in(body);
  const uint8_t flags = in.u8();
  out.session_present = flags & 1;
  out.reason_code = in.u8();
  if (in.failed()) return check_end(in);
  if (flags > 1) return &kConnAckFlags;
  if (Verdict fault = check_reason(kConnAckCodes, out.reason_code)) return fault;
  if (Verdict fault = decode_properties(in, PacketType::kConnAck, out.properties)) return fault;
  if (Verdict fault = check_end(in)) return fault;
  return out.session_present && out.reason_code != 0 ? &kSessionRefused : nullptr;
}

Verdict decode_publish(uint8_t flags, Bytes header, Publish& out) {
  Reader in(header);
  const bool has_packet_id = (flags & 6) != 0;
  const Bytes topic = in.text();
  if (in.failed()) return &kTopicText;
  if (has_packet_id) {
    out.packet_id = in.u16();
    if (out.packet_id == 0) return &kPacketIdZero;
  }
  PropertySet properties;
  if (Verdict fault = decode_properties(in, PacketType::kPublish, properties)) return fault;
  if (Verdict fault = check_end(in)) return fault;
  out.header.topic = as_text(topic);
  out.header.subscription_id = properties.number(PropertyId::kSubscriptionIdentifier, 0);
  out.header.qos = has_packet_id ? QoS::kAtLeastOnce : QoS::kAtMostOnce;
  out.header.retain = flags & 1;
  out.header.duplicate = flags & 8;
  return check_topic(topic);
}

Verdict decode_ack(PacketType type, Bytes body, Ack& out) {
  Reader in(body);
  out.packet_id = in.u16();
  const bool is_puback = type == PacketType::kPubAck;
  if (Verdict fault = is_puback ? decode_short_tail(in, type, out.reason_code)
                                : decode_long_tail(in, type, out.reason_code))
    return fault;
  if (out.packet_id == 0) return &kPacketIdZero;
  if (is_puback) return check_reason(kPubAckCodes, out.reason_code);
  const bool is_suback = type == PacketType::kSubAck;
  return check_reason(is_suback ? Bytes(kSubAckCodes) : Bytes(kUnsubAckCodes), out.reason_code);
}

Verdict decode_pingresp(Bytes body) {
  return check_end(Reader(body));
}

Verdict decode_disconnect(Bytes body, uint8_t& reason_code) {
  Reader in(body);
  reason_code = 0;
  if (Verdict fault = decode_short_tail(in, PacketType::kDisconnect, reason_code)) return fault;
  return check_reason(kDisconnectCodes, reason_code);
}

}  // namespace flotilla::mqtt
