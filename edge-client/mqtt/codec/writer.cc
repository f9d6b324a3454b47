#include "edge-client/mqtt/codec/writer.h"

#include "schemas/base/assert.h"

namespace flotilla::mqtt {

void Writer::u8(uint8_t value) {
  if (uint8_t* out = grow(1)) *out = value;
}

void Writer::u16(uint16_t value) {
  if (uint8_t* out = grow(2)) store_u16_be(out, value);
}

void Writer::u32(uint32_t value) {
  if (uint8_t* out = grow(4)) store_u32_be(out, value);
}

void Writer::varint(uint32_t value) {
  for (; value > 0x7F; value >>= 7) u8(static_cast<uint8_t>(value | 0x80));
  u8(static_cast<uint8_t>(value));
}

void Writer::text(std::string_view text) {
  FLOTILLA_ASSERT(text.size() <= UINT16_MAX);
  u16(static_cast<uint16_t>(text.size()));
  if (uint8_t* out = grow(text.size())) copy(as_bytes(text), {out, text.size()});
}

uint8_t* Writer::grow(size_t count) {
  if (overflowed_ || count > out_.size() - size_) {
    overflowed_ = true;
    return nullptr;
  }
  uint8_t* at = out_.data() + size_;
  size_ += count;
  return at;
}

}  // namespace flotilla::mqtt
