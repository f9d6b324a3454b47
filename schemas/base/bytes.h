#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace flotilla {

/// Borrowed bytes. Whoever hands one out says how long it stays valid.
using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Between the processor's byte order and `kOrder`.
template <std::endian kOrder, typename T>
T ordered(T value) {
  if constexpr (kOrder == std::endian::native) return value;
  if constexpr (sizeof value == 2) return static_cast<T>(__builtin_bswap16(value));
  if constexpr (sizeof value == 4) return __builtin_bswap32(value);
  if constexpr (sizeof value == 8) return __builtin_bswap64(value);
}

template <std::endian kOrder, typename T>
void store_ordered(uint8_t* out, T value) {
  value = ordered<kOrder>(value);
  std::memcpy(out, &value, sizeof value);
}

template <std::endian kOrder, typename T>
T load_ordered(const uint8_t* in) {
  T value;
  std::memcpy(&value, in, sizeof value);
  return ordered<kOrder>(value);
}

// Fixed-width integers in the byte order of the format at hand; no alignment is needed.
inline void store_u16_le(uint8_t* out, uint16_t value) {
  store_ordered<std::endian::little>(out, value);
}
inline void store_u32_le(uint8_t* out, uint32_t value) {
  store_ordered<std::endian::little>(out, value);
}
inline void store_u64_le(uint8_t* out, uint64_t value) {
  store_ordered<std::endian::little>(out, value);
}
inline uint16_t load_u16_le(const uint8_t* in) {
  return load_ordered<std::endian::little, uint16_t>(in);
}
inline uint32_t load_u32_le(const uint8_t* in) {
  return load_ordered<std::endian::little, uint32_t>(in);
}
inline uint64_t load_u64_le(const uint8_t* in) {
  return load_ordered<std::endian::little, uint64_t>(in);
}

inline void store_u16_be(uint8_t* out, uint16_t value) {
  store_ordered<std::endian::big>(out, value);
}
inline void store_u32_be(uint8_t* out, uint32_t value) {
  store_ordered<std::endian::big>(out, value);
}
inline void store_u64_be(uint8_t* out, uint64_t value) {
  store_ordered<std::endian::big>(out, value);
}
inline uint16_t load_u16_be(const uint8_t* in) {
  return load_ordered<std::endian::big, uint16_t>(in);
}
inline uint32_t load_u32_be(const uint8_t* in) {
  return load_ordered<std::endian::big, uint32_t>(in);
}
inline uint64_t load_u64_be(const uint8_t* in) {
  return load_ordered<std::endian::big, uint64_t>(in);
}

bool equal(Bytes a, Bytes b);
/// Every byte is `value`.
bool is_all(Bytes bytes, uint8_t value);
/// Copies `from` to the front of `to`, which must be at least as large. The ranges do not overlap.
void copy(Bytes from, MutableBytes to);
void fill(MutableBytes to, uint8_t value);

}  // namespace flotilla
