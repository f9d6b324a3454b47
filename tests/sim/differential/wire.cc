#include "tests/sim/differential/wire.h"

#include "simulator/broker/byte_reader.h"

namespace flotilla::sim::differential {
namespace {

void u16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void text(std::string& out, const std::string& value) {
  u16(out, static_cast<unsigned>(value.size()));
  out += value;
}

/// With one byte of length: nothing in these scripts is longer.
std::string packet(uint8_t first, const std::string& body) {
  std::string out(1, static_cast<char>(first));
  if (body.size() >= 128) {
    out += static_cast<char>(body.size() % 128 + 128);
    out += static_cast<char>(body.size() / 128);
  } else {
    out += static_cast<char>(body.size());
  }
  return out + body;
}

std::string show(const char* what, unsigned number) {
  return std::string(what) + " " + std::to_string(number);
}

Heard publish_line(uint8_t first, ByteReader in) {
  Heard out;
  const std::string topic(in.text());
  const uint8_t qos = first >> 1 & 3;
  if (qos > 0) out.to_acknowledge = in.u16();
  ByteReader properties(in.take(in.varint()));
  std::string ids;
  while (properties.left() > 0 && !properties.failed()) {
    if (properties.u8() != 0x0B) break;  // nobody here sends another property
    ids += " id" + std::to_string(properties.varint());
  }
  out.line = topic + "=" + std::string(in.take(in.left())) + " q" + std::to_string(qos) +
             ((first & 1) != 0 ? " retained" : "") + ((first & 8) != 0 ? " again" : "") + ids;
  return out;
}

Heard read_packet(uint8_t first, std::string_view body) {
  ByteReader in(body);
  switch (first >> 4) {
    case 2: {
      const uint8_t flags = in.u8();
      return {show("connack", in.u8()) + ((flags & 1) != 0 ? " present" : "")};
    }
    case 3:
      return publish_line(first, in);
    case 4: {
      (void)in.u16();
      return {show("puback", in.left() > 0 ? in.u8() : 0)};
    }
    case 9:
    case 11: {
      (void)in.u16();
      (void)in.take(in.varint());
      return {show(first >> 4 == 9 ? "suback" : "unsuback", in.u8())};
    }
    case 13:
      return {"", 0, true};
    case 14:
      return {show("disconnect", in.left() > 0 ? in.u8() : 0)};
    default:
      return {show("packet", first)};
  }
}

}  // namespace

std::string connect_packet(const Connect& connect) {
  std::string body;
  text(body, "MQTT");
  body += '\x05';
  const bool will = !connect.will_topic.empty();
  body += static_cast<char>((connect.clean_start ? 2 : 0) | (will ? 4 : 0) | connect.will_qos << 3 |
                            (connect.will_retain ? 0x20 : 0));
  u16(body, connect.keep_alive_s);
  std::string properties;
  if (connect.expiry_s > 0) {
    properties += '\x11';
    u16(properties, connect.expiry_s >> 16);
    u16(properties, connect.expiry_s & 0xFFFF);
  }
  if (connect.receive_maximum > 0) {
    properties += '\x21';
    u16(properties, connect.receive_maximum);
  }
  body += static_cast<char>(properties.size());
  body += properties;
  text(body, connect.client_id);
  if (will) {
    body += '\0';
    text(body, connect.will_topic);
    text(body, connect.will_payload);
  }
  return packet(0x10, body);
}

std::string publish_packet(const Publish& publish, uint16_t packet_id) {
  std::string body;
  text(body, publish.topic);
  if (publish.qos > 0) u16(body, packet_id);
  body += '\0';
  body += publish.payload;
  return packet(static_cast<uint8_t>(0x30 | publish.qos << 1 | (publish.retain ? 1 : 0)), body);
}

std::string subscribe_packet(const Subscribe& subscribe, uint16_t packet_id) {
  std::string body;
  u16(body, packet_id);
  if (subscribe.subscription_id > 0) {
    body += std::string("\x02\x0B", 2);
    body += static_cast<char>(subscribe.subscription_id);
  } else {
    body += '\0';
  }
  text(body, subscribe.filter);
  body += static_cast<char>(subscribe.qos | (subscribe.retain_as_published ? 8 : 0) |
                            subscribe.retain_handling << 4);
  return packet(0x82, body);
}

std::string unsubscribe_packet(const std::string& filter, uint16_t packet_id) {
  std::string body;
  u16(body, packet_id);
  body += '\0';
  text(body, filter);
  return packet(0xA2, body);
}

std::string puback_packet(uint16_t packet_id) {
  std::string body;
  u16(body, packet_id);
  return packet(0x40, body);
}

std::string ping_packet() {
  return packet(0xC0, "");
}

std::string disconnect_packet(uint8_t reason) {
  return packet(0xE0, reason == 0 ? "" : std::string(1, static_cast<char>(reason)));
}

std::vector<Heard> take_packets(std::string& bytes) {
  std::vector<Heard> out;
  while (bytes.size() >= 2) {
    ByteReader in(std::string_view(bytes).substr(1));
    const size_t before = in.left();
    const size_t length = in.varint();
    const size_t header = 1 + before - in.left();
    if (in.failed() || in.left() < length) break;
    out.push_back(read_packet(static_cast<uint8_t>(bytes[0]), in.take(length)));
    bytes.erase(0, header + length);
  }
  return out;
}

}  // namespace flotilla::sim::differential
