#include "edge-client/core/archive.h"

namespace flotilla::edge {

uint8_t* Archive::take(size_t size) {
  if (!ok_ || size > buffer_.size() - position_) {
    ok_ = false;
    return nullptr;
  }
  uint8_t* at = buffer_.data() + position_;
  position_ += size;
  return at;
}

Archive& Archive::bytes(MutableBytes value) {
  uint8_t* at = take(value.size());
  if (at == nullptr) return *this;
  if (loading()) {
    copy({at, value.size()}, value);
  } else {
    copy(value, {at, value.size()});
  }
  return *this;
}

Archive& Archive::digest(Digest& value) {
  return bytes(value.bytes);
}

Archive& Archive::u32(uint32_t& value) {
  uint8_t raw[4];
  store_u32_le(raw, value);
  bytes(raw);
  value = load_u32_le(raw);
  return *this;
}

Archive& Archive::u64(uint64_t& value) {
  uint8_t raw[8];
  store_u64_le(raw, value);
  bytes(raw);
  value = load_u64_le(raw);
  return *this;
}

Archive& Archive::time(WallTime& value) {
  return u64(reinterpret_cast<uint64_t&>(value.ms));
}

Archive& Archive::flag(bool& value) {
  uint8_t raw = value ? 1 : 0;
  choice(raw, 1);
  value = raw != 0;
  return *this;
}

Archive& Archive::choice(uint8_t& value, uint8_t last) {
  u8(value);
  if (value <= last) return *this;
  ok_ = false;
  value = 0;
  return *this;
}

size_t Archive::text(Chars chars, std::string_view value) {
  const MutableBytes room{reinterpret_cast<uint8_t*>(chars.data), chars.capacity};
  copy(as_bytes(value), room);
  uint8_t size = static_cast<uint8_t>(value.size());
  choice(size, static_cast<uint8_t>(chars.capacity)).bytes(room);
  return size;
}

}  // namespace flotilla::edge
