#pragma once

#include "edge-client/mqtt/codec/varint.h"
#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

/// Takes the data types of MQTT 5.0 section 1.5 off the front of borrowed bytes. Sticky: after the
/// first field that does not fit or breaks its type, all reads give zero or nothing and failed()
/// holds, so a packet is checked once at its end.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  uint8_t u8();
  uint16_t u16();
  uint32_t u32();
  uint32_t varint();
  Bytes take(size_t count);
  /// Binary Data (section 1.5.6): two bytes of length, then that many.
  Bytes binary();
  /// UTF-8 Encoded String (section 1.5.4), validated.
  Bytes text();

  size_t left() const { return bytes_.size(); }
  bool failed() const { return failed_; }

 private:
  Bytes fail();
  /// Null when `count` more bytes are not there.
  const uint8_t* next(size_t count);

  Bytes bytes_;
  bool failed_ = false;
};

}  // namespace flotilla::mqtt
