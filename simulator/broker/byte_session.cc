#include "simulator/broker/byte_session.h"

#include <utility>

#include "simulator/broker/byte_reader.h"

namespace flotilla::sim {
namespace {

constexpr uint8_t kMalformed = 0x81;
constexpr uint8_t kProtocolError = 0x82;

void u16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void varint(std::string& out, size_t value) {
  do {
    const size_t rest = value / 128;
    out += static_cast<char>(value % 128 + (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
}

size_t varint_size(size_t value) {
  return value < 128 ? 1 : (value < 16'384 ? 2 : (value < 2'097'152 ? 3 : 4));
}

std::string acknowledgement(uint8_t first, uint16_t packet_id, const std::string& rest) {
  std::string out(1, static_cast<char>(first));
  varint(out, 2 + rest.size());
  u16(out, packet_id);
  return out + rest;
}

}  // namespace

void ByteSession::feed(Bytes bytes) {
  std::string whole;
  std::string_view rest = as_text(bytes);
  if (!pending_.empty()) {
    whole = std::exchange(pending_, {}).append(rest);
    rest = whole;
  }
  for (size_t size = packet_size(rest); size > 0 && !dead_; size = packet_size(rest)) {
    const std::string_view packet = rest.substr(0, size);
    rest.remove_prefix(size);
    size_t header = 2;
    while (static_cast<uint8_t>(packet[header - 1]) >= 0x80) ++header;
    if (!on_packet(static_cast<uint8_t>(packet[0]), packet.substr(header))) refuse(kMalformed);
  }
  if (!dead_) pending_ = rest;  // whole packets only: the rest waits
}

size_t ByteSession::packet_size(std::string_view bytes) {
  size_t length = 0;
  size_t at = 1;
  for (int shift = 0;; shift += 7) {
    if (at >= bytes.size()) return 0;
    const auto byte = static_cast<uint8_t>(bytes[at++]);
    length |= size_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
    if (shift < 21) continue;
    refuse(kMalformed);
    return 0;
  }
  return bytes.size() < at + length ? 0 : at + length;
}

bool ByteSession::on_packet(uint8_t first, std::string_view body) {
  const unsigned type = first >> 4;
  if ((connection_ == 0) != (type == 1)) {
    refuse(kProtocolError);
    return true;
  }
  ByteReader in(body);
  switch (type) {
    case 1:
      return on_connect(body);
    case 3:
      return on_publish(first & 0x0F, body);
    case 4: {
      const uint16_t id = in.u16();
      if (in.failed()) return false;
      broker_.puback(connection_, id);
      return true;
    }
    case 8:
      return on_subscribe(body);
    case 10:
      return on_unsubscribe(body);
    case 12:
      broker_.ping(connection_);
      return true;
    case 14:
      // Any reason but 0 asks for the will (MQTT 5.0 section 3.14.2.1).
      if (!body.empty() && body[0] != 0) {
        broker_.lost(std::exchange(connection_, 0));
      } else {
        broker_.disconnect(std::exchange(connection_, 0));
      }
      dead_ = true;
      events_.closed(false);
      return true;
    default:
      return false;
  }
}

bool ByteSession::on_connect(std::string_view body) {
  ByteReader in(body);
  const std::string_view protocol = in.text();
  const uint8_t level = in.u8();
  const uint8_t flags = in.u8();
  ConnectRequest request;
  request.clean_start = (flags & 0x02) != 0;
  request.keep_alive_s = in.u16();
  ByteReader properties(in.take(in.varint()));
  while (properties.left() > 0 && !properties.failed()) {
    const uint8_t id = properties.u8();
    if (id == 0x11) {
      request.session_expiry_s = properties.u32();
    } else if (id == 0x21) {
      request.receive_maximum = properties.u16();
    } else if (id == 0x27) {
      (void)properties.u32();
    } else if (id == 0x17 || id == 0x19) {
      (void)properties.u8();
    } else if (id == 0x22) {
      (void)properties.u16();
    } else {
      return false;
    }
  }
  request.client_id = in.text();
  if ((flags & 0x04) != 0) {
    Will will;
    (void)in.take(in.varint());
    will.topic = in.text();
    will.payload = in.text();
    will.qos = flags >> 3 & 3;
    will.retain = (flags & 0x20) != 0;
    request.will = std::move(will);
  }
  if (in.failed() || properties.failed() || protocol != "MQTT" || level != 5) return false;
  connection_ = broker_.connect(*this, request);
  return connection_ != 0;
}

bool ByteSession::on_publish(uint8_t flags, std::string_view body) {
  ByteReader in(body);
  PublishRequest request;
  request.qos = flags >> 1 & 3;
  request.retain = (flags & 1) != 0;
  request.topic = in.text();
  if (request.qos > 0) request.packet_id = in.u16();
  (void)in.take(in.varint());
  if (in.failed() || request.qos > 1 || request.topic.empty()) return false;
  request.payload = in.take(in.left());
  broker_.publish(connection_, std::move(request));
  return true;
}

bool ByteSession::on_subscribe(std::string_view body) {
  ByteReader in(body);
  SubscribeRequest request;
  request.packet_id = in.u16();
  ByteReader properties(in.take(in.varint()));
  if (properties.left() > 0) {
    if (properties.u8() != 0x0B) return false;
    request.subscription_id = static_cast<uint32_t>(properties.varint());
  }
  request.filter = in.text();
  const uint8_t options = in.u8();
  request.qos = options & 3;
  request.retain_as_published = (options & 0x08) != 0;
  request.retain_handling = options >> 4 & 3;
  // One filter a packet: all that the clients of this world send.
  if (in.failed() || properties.failed() || in.left() > 0 || request.filter.empty()) return false;
  broker_.subscribe(connection_, request);
  return true;
}

bool ByteSession::on_unsubscribe(std::string_view body) {
  ByteReader in(body);
  const uint16_t packet_id = in.u16();
  (void)in.take(in.varint());
  const std::string_view filter = in.text();
  if (in.failed() || in.left() > 0) return false;
  broker_.unsubscribe(connection_, filter, packet_id);
  return true;
}

void ByteSession::refuse(uint8_t reason) {
  if (dead_) return;
  broker_.lost(std::exchange(connection_, 0));
  closed(reason);
}

void ByteSession::lost() {
  dead_ = true;
  if (connection_ != 0) broker_.lost(std::exchange(connection_, 0));
}

// ---- what the broker says

void ByteSession::connack(bool session_present, uint8_t reason) {
  std::string out("\x20\x06", 2);
  out += static_cast<char>(session_present ? 1 : 0);
  out += static_cast<char>(reason);
  out += static_cast<char>(3);
  out += static_cast<char>(0x21);  // Receive Maximum
  u16(out, receive_maximum_);
  events_.send(std::move(out));
}

void ByteSession::deliver(const Delivery& delivery) {
  const Message& message = *delivery.message;
  const bool has_id = delivery.subscription_id != 0;
  const size_t properties = has_id ? 1 + varint_size(delivery.subscription_id) : 0;
  const size_t length = 2 + message.topic.size() + (delivery.qos > 0 ? 2 : 0) + 1 + properties +
                        message.payload.size();
  std::string out;
  out.reserve(length + 5);
  out += static_cast<char>(0x30 | (delivery.duplicate ? 8 : 0) | delivery.qos << 1 |
                           (delivery.retain ? 1 : 0));
  varint(out, length);
  u16(out, static_cast<unsigned>(message.topic.size()));
  out += message.topic;
  if (delivery.qos > 0) u16(out, delivery.packet_id);
  out += static_cast<char>(properties);
  if (has_id) {
    out += static_cast<char>(0x0B);
    varint(out, delivery.subscription_id);
  }
  out += message.payload;
  events_.send(std::move(out));
}

void ByteSession::puback(uint16_t packet_id, uint8_t reason) {
  std::string rest;
  if (reason != 0) rest += static_cast<char>(reason);
  events_.send(acknowledgement(0x40, packet_id, rest));
}

void ByteSession::suback(uint16_t packet_id, uint8_t reason) {
  events_.send(acknowledgement(0x90, packet_id, std::string(1, '\0') + static_cast<char>(reason)));
}

void ByteSession::unsuback(uint16_t packet_id, uint8_t reason) {
  events_.send(acknowledgement(0xB0, packet_id, std::string(1, '\0') + static_cast<char>(reason)));
}

void ByteSession::pingresp() {
  events_.send(std::string("\xD0\x00", 2));
}

void ByteSession::closed(uint8_t reason) {
  connection_ = 0;
  dead_ = true;
  if (reason != 0) {
    std::string out("\xE0\x01", 2);
    out += static_cast<char>(reason);
    events_.send(std::move(out));
  }
  events_.closed(reason == 0);
}

}  // namespace flotilla::sim
