#pragma once

#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

/// Puts the data types of MQTT 5.0 section 1.5 into a caller's buffer. Sticky: after the first
/// field that does not fit nothing more is written and overflowed() holds.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}

  void u8(uint8_t value);
  void u16(uint16_t value);
  void u32(uint32_t value);
  void varint(uint32_t value);
  /// Two bytes of length, then the text; the caller keeps it within 65,535 bytes.
  void text(std::string_view text);

  size_t size() const { return size_; }
  bool overflowed() const { return overflowed_; }

 private:
  /// Null when `count` more bytes do not fit.
  uint8_t* grow(size_t count);

  MutableBytes out_;
  size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace flotilla::mqtt
