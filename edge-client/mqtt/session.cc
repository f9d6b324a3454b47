#include "edge-client/mqtt/session.h"

#include <algorithm>

#include "edge-client/mqtt/codec/packet_encoder.h"
#include "edge-client/mqtt/codec/text.h"
#include "schemas/base/assert.h"

namespace flotilla::mqtt {
namespace {

constexpr char kNotConnected[] = "not connected";
constexpr char kBeyondBroker[] = "packet too large";

}  // namespace

Session::Session(const Options& options, Listener& listener)
    : listener_(listener), options_(options), framer_(options.maximum_packet_size) {
  FLOTILLA_ASSERT(options.client_id.size() <= kMaxClientId);
  FLOTILLA_ASSERT(options.receive_maximum > 0 && options.receive_maximum <= kMaxReceiveMaximum);
  FLOTILLA_ASSERT(options.maximum_packet_size > 0);
  reset();
}

void Session::start(MonoTime now) {
  reset();
  Writer packet(output_.request_room());
  encode_connect(packet,
                 {options_.client_id, options_.session_expiry_s, options_.maximum_packet_size,
                  options_.receive_maximum, options_.keep_alive_s, options_.clean_start});
  FLOTILLA_ASSERT(!packet.overflowed());
  output_.commit(packet.size());
  last_sent_ = now;
  reply_deadline_ = now + options_.connect_timeout;
  enter(State::kConnecting);
}

void Session::reset() {
  framer_.reset();
  output_.reset(options_.receive_maximum);
  limits_ = {};
  requests_.fill({});
  payload_ = {};
  payload_left_ = 0;
  publish_id_ = 0;
  last_packet_id_ = 0;
  ping_pending_ = false;
  enter(State::kIdle);
}

void Session::receive(Bytes bytes, MonoTime now) {
  if (ping_pending_ && !bytes.empty()) reply_deadline_ = now + options_.ping_timeout;
  while (is_open() && !bytes.empty()) {
    if (payload_left_ > 0) {
      take_payload(bytes);
      continue;
    }
    switch (framer_.feed(bytes)) {
      case PacketFramer::Event::kNone:
        break;
      case PacketFramer::Event::kPacket:
        on_packet();
        break;
      case PacketFramer::Event::kPublishHeader:
        begin_publish();
        break;
      case PacketFramer::Event::kFault:
        close(framer_.fault());
        break;
    }
  }
}

Bytes Session::pending_output() const {
  return output_.front();
}

void Session::transmit_done(size_t count, MonoTime now) {
  if (count == 0) return;
  last_sent_ = now;
  if (ping_pending_ && !output_.reached(ping_mark_)) reply_deadline_ = now + options_.ping_timeout;
  if (output_.drain(count)) listener_.on_published(0, 0);
}

Result<uint16_t> Session::publish(std::string_view topic, Bytes payload, QoS qos, MonoTime) {
  FLOTILLA_TRY(check_publish(topic, payload.size(), qos));
  const uint16_t packet_id = qos == QoS::kAtLeastOnce ? next_packet_id() : uint16_t{0};
  Writer packet(output_.request_room());
  encode_publish_header(packet, {topic, static_cast<uint32_t>(payload.size()), packet_id});
  FLOTILLA_TRY(check_packet(packet, payload.size()));
  output_.commit_publication(packet.size(), payload, packet_id);
  return packet_id;
}

Result<uint16_t> Session::subscribe(std::string_view filter, uint32_t subscription_id, MonoTime) {
  FLOTILLA_TRY(check_subscribe(filter, subscription_id));
  const uint16_t packet_id = next_packet_id();
  Writer packet(output_.request_room());
  encode_subscribe(packet, {filter, subscription_id, packet_id});
  return commit_request(packet, {packet_id, PacketType::kSubAck});
}

Result<uint16_t> Session::unsubscribe(std::string_view filter, MonoTime) {
  FLOTILLA_TRY(check_filter(filter));
  const uint16_t packet_id = next_packet_id();
  Writer packet(output_.request_room());
  encode_unsubscribe(packet, filter, packet_id);
  return commit_request(packet, {packet_id, PacketType::kUnsubAck});
}

void Session::disconnect(uint8_t reason_code, MonoTime) {
  if (is_open()) close(static_cast<Reason>(reason_code), "disconnect");
}

void Session::tick(MonoTime now) {
  if (now < next_deadline()) return;
  if (state_ == State::kConnecting)
    return abandon(static_cast<uint8_t>(Reason::kServerUnavailable), "no CONNACK in time");
  if (ping_pending_)
    return abandon(static_cast<uint8_t>(Reason::kKeepAliveTimeout), "no PINGRESP in time");
  Writer packet(output_.reserved_room());
  encode_pingreq(packet);
  output_.commit(packet.size());
  ping_mark_ = output_.mark();
  ping_pending_ = true;
  reply_deadline_ = now + options_.ping_timeout;
}

MonoTime Session::next_deadline() const {
  switch (state_) {
    case State::kConnecting:
      return reply_deadline_;
    case State::kConnected:
      return ping_pending_ ? reply_deadline_ : keep_alive_deadline();
    case State::kIdle:
    case State::kClosed:
      break;
  }
  return kNever;
}

MonoTime Session::keep_alive_deadline() const {
  if (limits_.keep_alive_s == 0) return kNever;
  return last_sent_ + milliseconds(limits_.keep_alive_s * 750);
}

void Session::close(Reason reason, const char* text) {
  const auto reason_code = static_cast<uint8_t>(reason);
  if (!output_.drop_publications()) return abandon(reason_code, text);
  Writer packet(output_.reserved_room());
  encode_disconnect(packet, reason_code);
  output_.commit(packet.size());
  enter(State::kClosed);
  listener_.on_closed(reason_code, text);
}

void Session::abandon(uint8_t reason_code, const char* text) {
  output_.reset(options_.receive_maximum);
  enter(State::kClosed);
  listener_.on_closed(reason_code, text);
}

Status Session::check_publish(std::string_view topic, size_t payload_size, QoS qos) const {
  if (!connected()) return Status(Code::kUnavailable, kNotConnected);
  if (!is_topic_name(as_bytes(topic))) return Status(Code::kInvalidArgument, "topic name");
  if (payload_size > kMaxPayload) return Status(Code::kOutOfRange, kBeyondBroker);
  const bool wants_ack = qos == QoS::kAtLeastOnce;
  if (wants_ack && !limits_.qos1_available)  // [MQTT-3.2.2-11]
    return Status(Code::kFailedPrecondition, "no QoS 1");
  const bool quota_used = wants_ack && output_.in_flight() >= limits_.receive_maximum;
  if (quota_used || !output_.has_free_publication())  // [MQTT-3.3.4-7]
    return Status(Code::kResourceExhausted, "publishes in flight");
  return ok_status();
}

Status Session::check_subscribe(std::string_view filter, uint32_t subscription_id) const {
  FLOTILLA_TRY(check_filter(filter));
  if (subscription_id > kMaxVarint) return Status(Code::kOutOfRange, "subscription id");
  if (subscription_id != 0 && !limits_.subscription_ids_available)
    return Status(Code::kFailedPrecondition, "no subscription ids");
  if (has_wildcard(as_bytes(filter)) && !limits_.wildcard_available)
    return Status(Code::kFailedPrecondition, "no wildcards");
  return ok_status();
}

Status Session::check_filter(std::string_view filter) const {
  if (!connected()) return Status(Code::kUnavailable, kNotConnected);
  if (is_topic_filter(as_bytes(filter))) return ok_status();
  return Status(Code::kInvalidArgument, "topic filter");
}

Status Session::check_packet(const Writer& packet, size_t payload_size) const {
  if (packet.overflowed()) {
    if (output_.is_empty()) return Status(Code::kOutOfRange, "topic too long");
    return Status(Code::kResourceExhausted, "output is full");
  }
  if (packet.size() + payload_size <= limits_.maximum_packet_size) return ok_status();
  return Status(Code::kOutOfRange, kBeyondBroker);  // [MQTT-3.2.2-15]
}

Session::Request* Session::find_request(uint16_t packet_id) {
  for (Request& request : requests_) {
    if (request.packet_id == packet_id) return &request;
  }
  return nullptr;
}

/// The next one that no packet of ours in flight uses (section 2.2.1).
uint16_t Session::next_packet_id() {
  do {
    ++last_packet_id_;
  } while (last_packet_id_ == 0 || output_.is_in_flight(last_packet_id_) ||
           find_request(last_packet_id_) != nullptr);
  return last_packet_id_;
}

Result<uint16_t> Session::commit_request(const Writer& packet, Request request) {
  Request* free = find_request(0);
  if (free == nullptr) return Status(Code::kResourceExhausted, "requests in flight");
  FLOTILLA_TRY(check_packet(packet, 0));
  output_.commit(packet.size());
  *free = request;
  return request.packet_id;
}

}  // namespace flotilla::mqtt
