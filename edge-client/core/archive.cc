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

void Archive::bytes(MutableBytes value) {
  uint8_t* at = take(value.size());
  if (at == nullptr) return;
  if (loading()) {
    copy({at, value.size()}, value);
  } else {
    copy(value, {at, value.size()});
  }
}

void Archive::u8(uint8_t& value) {
  bytes({&value, 1});
}

void Archive::u32(uint32_t& value) {
  uint8_t raw[4];
  store_u32_le(raw, value);
  bytes(raw);
  value = load_u32_le(raw);
}

void Archive::u64(uint64_t& value) {
  uint8_t raw[8];
  store_u64_le(raw, value);
  bytes(raw);
  value = load_u64_le(raw);
}

void Archive::time(WallTime& value) {
  uint64_t ms = static_cast<uint64_t>(value.ms);
  u64(ms);
  value.ms = static_cast<int64_t>(ms);
}

uint8_t Archive::choice(uint8_t value, uint8_t last) {
  u8(value);
  if (value <= last) return value;
  ok_ = false;
  return 0;
}

size_t Archive::text(Chars chars, std::string_view value) {
  copy(as_bytes(value), {reinterpret_cast<uint8_t*>(chars.data), chars.capacity});
  const uint8_t size =
      choice(static_cast<uint8_t>(value.size()), static_cast<uint8_t>(chars.capacity));
  bytes({reinterpret_cast<uint8_t*>(chars.data), chars.capacity});
  return size;
}

}  // namespace flotilla::edge
