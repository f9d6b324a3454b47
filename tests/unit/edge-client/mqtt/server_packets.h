#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Bytes of a server, written down from the MQTT 5.0 specification and from nothing in the client:
/// the independent half of every conversation in these tests.
namespace flotilla::mqtt::server {

inline std::string u8(unsigned value) {
  return std::string(1, static_cast<char>(value));
}
inline std::string u16(unsigned value) {
  return u8(value >> 8 & 0xFF) + u8(value & 0xFF);
}
inline std::string u32(uint32_t value) {
  return u16(value >> 16) + u16(value & 0xFFFF);
}

inline std::string varint(uint32_t value) {
  std::string out;
  do {
    const uint32_t rest = value / 128;
    out += u8(value % 128 + (rest > 0 ? 128 : 0));
    value = rest;
  } while (value > 0);
  return out;
}

inline std::string text(std::string_view value) {
  return u16(static_cast<unsigned>(value.size())) + std::string(value);
}

inline std::string packet(unsigned first_byte, const std::string& body) {
  return u8(first_byte) + varint(static_cast<uint32_t>(body.size())) + body;
}

inline std::string properties(const std::string& list) {
  return varint(static_cast<uint32_t>(list.size())) + list;
}

inline std::string connack(const std::string& props = "", unsigned flags = 0, unsigned reason = 0) {
  return packet(0x20, u8(flags) + u8(reason) + properties(props));
}

inline std::string publish0(std::string_view topic, const std::string& payload,
                            const std::string& props = "") {
  return packet(0x30, text(topic) + properties(props) + payload);
}

/// `flags` beside QoS 1: 1 retain, 8 duplicate.
inline std::string publish1(std::string_view topic, unsigned id, const std::string& payload,
                            const std::string& props = "", unsigned flags = 0) {
  return packet(0x32 | flags, text(topic) + u16(id) + properties(props) + payload);
}

inline std::string puback(unsigned id, unsigned reason = 0) {
  return packet(0x40, reason == 0 ? u16(id) : u16(id) + u8(reason));
}
inline std::string suback(unsigned id, unsigned reason) {
  return packet(0x90, u16(id) + properties("") + u8(reason));
}
inline std::string unsuback(unsigned id, unsigned reason) {
  return packet(0xB0, u16(id) + properties("") + u8(reason));
}
inline std::string pingresp() {
  return packet(0xD0, "");
}
inline std::string disconnect(unsigned reason) {
  return packet(0xE0, u8(reason));
}

}  // namespace flotilla::mqtt::server
