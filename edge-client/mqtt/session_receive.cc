// What a session does with each packet from the server.

#include <algorithm>

#include "edge-client/mqtt/codec/packet_encoder.h"
#include "edge-client/mqtt/session.h"
#include "schemas/base/assert.h"

namespace flotilla::mqtt {
namespace {

constexpr Fault kNoConnAck = protocol_error("no CONNACK first");    // [MQTT-3.2.0-1]
constexpr Fault kSecondConnAck = protocol_error("second CONNACK");  // [MQTT-3.2.0-2]
constexpr Fault kOldSession = protocol_error("unwanted session");   // [MQTT-3.2.2-2]
constexpr Fault kNoClientId = protocol_error("no client id");       // [MQTT-3.2.2-16]
constexpr Fault kStrayPubAck = protocol_error("stray PUBACK");
constexpr Fault kStrayAnswer = protocol_error("stray answer");
constexpr Fault kStrayPingResp = protocol_error("stray PINGRESP");
constexpr Fault kUselessLimit = {Reason::kPacketTooLarge, "server limit"};
constexpr Fault kReceiveMaximum = {Reason::kReceiveMaximumExceeded, "receive maximum"};

}  // namespace

void Session::on_packet() {
  const PacketType type = framer_.type();
  if (state_ == State::kConnecting && type != PacketType::kConnAck) return close(kNoConnAck);
  switch (type) {
    case PacketType::kConnAck:
      return on_connack();
    case PacketType::kPubAck:
    case PacketType::kSubAck:
    case PacketType::kUnsubAck:
      return on_ack();
    case PacketType::kPingResp:
      return on_pingresp();
    case PacketType::kDisconnect:
      return on_disconnect();
    case PacketType::kReserved:  // the framer lets none of these pass, and PUBLISH not this way
    case PacketType::kConnect:
    case PacketType::kPublish:
    case PacketType::kPubRec:
    case PacketType::kPubRel:
    case PacketType::kPubComp:
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe:
    case PacketType::kPingReq:
    case PacketType::kAuth:
      break;
  }
  FLOTILLA_ASSERT(false);
}

void Session::on_connack() {
  if (state_ == State::kConnected) return close(kSecondConnAck);
  ConnAck connack;
  if (Verdict fault = decode_connack(framer_.header(), connack)) return close(*fault);
  if (connack.reason_code != 0) return abandon(connack.reason_code, "server refused");
  if (Verdict fault = check_connack(connack)) return close(*fault);
  accept(connack);
}

Verdict Session::check_connack(const ConnAck& connack) const {
  const PropertySet& properties = connack.properties;
  if (connack.session_present && options_.clean_start) return &kOldSession;
  const bool named =
      !options_.client_id.empty() || properties.has(PropertyId::kAssignedClientIdentifier);
  if (!named) return &kNoClientId;
  const uint32_t packet_size = properties.number(PropertyId::kMaximumPacketSize, kMaxPacketSize);
  return packet_size < kPubAckSize ? &kUselessLimit : nullptr;
}

void Session::accept(const ConnAck& connack) {
  const PropertySet& properties = connack.properties;
  const auto allows = [&](PropertyId id) { return properties.number(id, 1) != 0; };
  limits_.maximum_packet_size =
      std::min(properties.number(PropertyId::kMaximumPacketSize, kMaxPacketSize), kMaxPacketSize);
  limits_.receive_maximum = static_cast<uint16_t>(
      std::min<uint32_t>(properties.number(PropertyId::kReceiveMaximum, UINT16_MAX), kMaxInFlight));
  limits_.keep_alive_s =
      static_cast<uint16_t>(properties.number(PropertyId::kServerKeepAlive, options_.keep_alive_s));
  limits_.session_present = connack.session_present;
  limits_.qos1_available = allows(PropertyId::kMaximumQoS);
  limits_.retain_available = allows(PropertyId::kRetainAvailable);
  limits_.wildcard_available = allows(PropertyId::kWildcardSubscriptionAvailable);
  limits_.subscription_ids_available = allows(PropertyId::kSubscriptionIdentifierAvailable);
  enter(State::kConnected);
  listener_.on_connected(limits_);
}

void Session::on_ack() {
  const PacketType type = framer_.type();
  Ack ack;
  if (Verdict fault = decode_ack(type, framer_.header(), ack)) return close(*fault);
  if (type == PacketType::kPubAck) {
    if (!output_.release(ack.packet_id)) return close(kStrayPubAck);
    return listener_.on_published(ack.packet_id, ack.reason_code);
  }
  Request* request = find_request(ack.packet_id);
  if (request == nullptr || request->answer != type) return close(kStrayAnswer);
  *request = {};
  if (type == PacketType::kSubAck) {
    listener_.on_subscribed(ack.packet_id, ack.reason_code);
  } else {
    listener_.on_unsubscribed(ack.packet_id, ack.reason_code);
  }
}

void Session::on_pingresp() {
  if (Verdict fault = decode_pingresp(framer_.header())) return close(*fault);
  if (!ping_pending_ || !output_.reached(ping_mark_)) return close(kStrayPingResp);
  ping_pending_ = false;
}

void Session::on_disconnect() {
  uint8_t reason_code = 0;
  if (Verdict fault = decode_disconnect(framer_.header(), reason_code)) return close(*fault);
  abandon(reason_code, "server disconnected");  // section 3.14.4
}

void Session::begin_publish() {
  if (state_ == State::kConnecting) return close(kNoConnAck);
  Publish publish;
  if (Verdict fault = decode_publish(framer_.flags(), framer_.header(), publish))
    return close(*fault);
  if (publish.packet_id != 0 && output_.unsent_acks() >= options_.receive_maximum)
    return close(kReceiveMaximum);
  publish.header.payload_size = framer_.payload_size();
  publish_id_ = publish.packet_id;
  const MutableBytes payload = listener_.on_publish_begin(publish.header);
  if (!is_open()) return;
  payload_left_ = publish.header.payload_size;
  FLOTILLA_ASSERT(payload.empty() || payload.size() >= payload_left_);
  payload_ = payload.first(std::min<size_t>(payload.size(), payload_left_));
  if (payload_left_ == 0) end_publish();
}

void Session::take_payload(Bytes& bytes) {
  const size_t count = std::min<size_t>(bytes.size(), payload_left_);
  if (!payload_.empty()) {
    copy(bytes.first(count), payload_);
    payload_ = payload_.subspan(count);
  }
  bytes = bytes.subspan(count);
  payload_left_ = static_cast<uint32_t>(payload_left_ - count);
  if (payload_left_ == 0) end_publish();
}

void Session::end_publish() {
  listener_.on_publish_end();
  if (!is_open() || publish_id_ == 0) return;
  Writer packet(output_.reserved_room());
  encode_puback(packet, publish_id_);
  output_.commit_ack(packet.size());
}

}  // namespace flotilla::mqtt
