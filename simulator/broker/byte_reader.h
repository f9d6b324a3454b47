#pragma once

#include <cstdint>
#include <string_view>

namespace flotilla::sim {

/// Takes the data types of MQTT 5.0 section 1.5 off the front of a packet. Sticky: after the first
/// field that does not fit, everything reads as nothing.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  uint8_t u8() { return static_cast<uint8_t>(number(1)); }
  uint16_t u16() { return static_cast<uint16_t>(number(2)); }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }

  size_t varint() {
    size_t value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const uint8_t byte = u8();
      value |= size_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    failed_ = true;
    return 0;
  }

  std::string_view text() { return take(u16()); }

  std::string_view take(size_t size) {
    if (failed_ || size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    const std::string_view out = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return out;
  }

  size_t left() const { return bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  uint64_t number(size_t size) {
    uint64_t value = 0;
    for (const char c : take(size)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace flotilla::sim
