#pragma once

#include <cstdint>

namespace flotilla::mqtt {

/// Variable Byte Integer (MQTT 5.0 section 1.5.5), one byte at a time. At most four bytes, and the
/// shortest encoding is compulsory [MQTT-1.5.5-1].
class VarintDecoder {
 public:
  enum class Progress : uint8_t { kMore, kDone, kBad };

  Progress push(uint8_t byte) {
    value_ |= static_cast<uint32_t>(byte & 0x7F) << (7 * size_++);
    if (byte & 0x80) return size_ == 4 ? Progress::kBad : Progress::kMore;
    return byte == 0 && size_ > 1 ? Progress::kBad : Progress::kDone;
  }

  uint32_t value() const { return value_; }
  uint8_t size() const { return size_; }

 private:
  uint32_t value_ = 0;
  uint8_t size_ = 0;
};

constexpr uint32_t varint_size(uint32_t value) {
  return value < (1u << 7) ? 1 : value < (1u << 14) ? 2 : value < (1u << 21) ? 3 : 4;
}

}  // namespace flotilla::mqtt
