#include "schemas/base/bytes.h"

#include <cstring>

#include "schemas/base/assert.h"

namespace flotilla {
namespace {

template <typename T>
void store_le(uint8_t* out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out[i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T>
T load_le(const uint8_t* in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(in[i]) << (8 * i));
  return value;
}

template <typename T>
void store_be(uint8_t* out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i)
    out[sizeof(T) - 1 - i] = static_cast<uint8_t>(value >> (8 * i));
}

template <typename T>
T load_be(const uint8_t* in) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << (sizeof(T) > 1 ? 8 : 0) | in[i]);
  return value;
}

}  // namespace

void store_u16_le(uint8_t* out, uint16_t value) {
  store_le(out, value);
}
void store_u32_le(uint8_t* out, uint32_t value) {
  store_le(out, value);
}
void store_u64_le(uint8_t* out, uint64_t value) {
  store_le(out, value);
}
uint16_t load_u16_le(const uint8_t* in) {
  return load_le<uint16_t>(in);
}
uint32_t load_u32_le(const uint8_t* in) {
  return load_le<uint32_t>(in);
}
uint64_t load_u64_le(const uint8_t* in) {
  return load_le<uint64_t>(in);
}
void store_u16_be(uint8_t* out, uint16_t value) {
  store_be(out, value);
}
void store_u32_be(uint8_t* out, uint32_t value) {
  store_be(out, value);
}
void store_u64_be(uint8_t* out, uint64_t value) {
  store_be(out, value);
}
uint16_t load_u16_be(const uint8_t* in) {
  return load_be<uint16_t>(in);
}
uint32_t load_u32_be(const uint8_t* in) {
  return load_be<uint32_t>(in);
}
uint64_t load_u64_be(const uint8_t* in) {
  return load_be<uint64_t>(in);
}

bool equal(Bytes a, Bytes b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

void copy(Bytes from, MutableBytes to) {
  FLOTILLA_ASSERT(from.size() <= to.size());
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

void fill(MutableBytes to, uint8_t value) {
  if (!to.empty()) std::memset(to.data(), value, to.size());
}

}  // namespace flotilla
