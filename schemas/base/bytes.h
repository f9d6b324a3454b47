#pragma once

#include <cstddef>
#include <cstdint>
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

/// Fixed-width integers in the byte order of the format at hand; no alignment is needed.
void store_u16_le(uint8_t* out, uint16_t value);
void store_u32_le(uint8_t* out, uint32_t value);
void store_u64_le(uint8_t* out, uint64_t value);
uint16_t load_u16_le(const uint8_t* in);
uint32_t load_u32_le(const uint8_t* in);
uint64_t load_u64_le(const uint8_t* in);

void store_u16_be(uint8_t* out, uint16_t value);
void store_u32_be(uint8_t* out, uint32_t value);
void store_u64_be(uint8_t* out, uint64_t value);
uint16_t load_u16_be(const uint8_t* in);
uint32_t load_u32_be(const uint8_t* in);
uint64_t load_u64_be(const uint8_t* in);

bool equal(Bytes a, Bytes b);
/// Copies `from` to the front of `to`, which must be at least as large. The ranges do not overlap.
void copy(Bytes from, MutableBytes to);
void fill(MutableBytes to, uint8_t value);

}  // namespace flotilla
