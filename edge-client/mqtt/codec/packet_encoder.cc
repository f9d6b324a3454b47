#include "edge-client/mqtt/codec/packet_encoder.h"

#include "edge-client/mqtt/codec/varint.h"

namespace flotilla::mqtt {
namespace {

constexpr uint8_t kSubscriptionOptions = 0x09;  // QoS 1, Retain As Published (section 3.8.3.1)

/// `flags` are the reserved bits of the type, or those of a PUBLISH.
void fixed_header(Writer& out, PacketType type, uint8_t flags, uint32_t remaining_length) {
  out.u8(static_cast<uint8_t>(static_cast<uint8_t>(type) << 4 | flags));
  out.varint(remaining_length);
}

void property(Writer& out, PropertyId id) {
  out.u8(static_cast<uint8_t>(id));
}

uint32_t length_of(std::string_view text) {
  return 2 + static_cast<uint32_t>(text.size());
}

}  // namespace

void encode_connect(Writer& out, const Connect& connect) {
  constexpr uint32_t kPropertiesLength = 5 + 3 + 5 + 2;
  constexpr uint32_t kVariableHeaderLength = 6 + 1 + 1 + 2 + 1 + kPropertiesLength;
  fixed_header(out, PacketType::kConnect, 0, kVariableHeaderLength + length_of(connect.client_id));
  out.text("MQTT");
  out.u8(kProtocolLevel);
  out.u8(connect.clean_start ? 0x02 : 0x00);
  out.u16(connect.keep_alive_s);
  out.varint(kPropertiesLength);
  property(out, PropertyId::kSessionExpiryInterval);
  out.u32(connect.session_expiry_s);
  property(out, PropertyId::kReceiveMaximum);
  out.u16(connect.receive_maximum);
  property(out, PropertyId::kMaximumPacketSize);
  out.u32(connect.maximum_packet_size);
  property(out, PropertyId::kRequestProblemInformation);
  out.u8(0);
  out.text(connect.client_id);
}

void encode_publish_header(Writer& out, const PublishOut& publish) {
  const bool has_packet_id = publish.packet_id != 0;
  const uint32_t header = length_of(publish.topic) + (has_packet_id ? 2 : 0) + 1;
  fixed_header(out, PacketType::kPublish, has_packet_id ? 0x02 : 0x00,
               header + publish.payload_size);
  out.text(publish.topic);
  if (has_packet_id) out.u16(publish.packet_id);
  out.varint(0);
}

void encode_subscribe(Writer& out, const Subscribe& subscribe) {
  const bool has_id = subscribe.subscription_id != 0;
  const uint32_t properties = has_id ? 1 + varint_size(subscribe.subscription_id) : 0;
  fixed_header(out, PacketType::kSubscribe, 0x02,
               2 + 1 + properties + length_of(subscribe.filter) + 1);
  out.u16(subscribe.packet_id);
  out.varint(properties);
  if (has_id) {
    property(out, PropertyId::kSubscriptionIdentifier);
    out.varint(subscribe.subscription_id);
  }
  out.text(subscribe.filter);
  out.u8(kSubscriptionOptions);
}

void encode_unsubscribe(Writer& out, std::string_view filter, uint16_t packet_id) {
  fixed_header(out, PacketType::kUnsubscribe, 0x02, 2 + 1 + length_of(filter));
  out.u16(packet_id);
  out.varint(0);
  out.text(filter);
}

void encode_puback(Writer& out, uint16_t packet_id) {
  fixed_header(out, PacketType::kPubAck, 0, 2);
  out.u16(packet_id);
}

void encode_pingreq(Writer& out) {
  fixed_header(out, PacketType::kPingReq, 0, 0);
}

void encode_disconnect(Writer& out, uint8_t reason_code) {
  fixed_header(out, PacketType::kDisconnect, 0, 1);
  out.u8(reason_code);
}

}  // namespace flotilla::mqtt
