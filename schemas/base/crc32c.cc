#include "schemas/base/crc32c.h"

#include <array>

namespace flotilla {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // 0x1EDC6F41 reflected

/// What `bits` zero bits make of a remainder.
constexpr uint32_t shifted(uint32_t value, int bits) {
  for (int bit = 0; bit < bits; ++bit)
    value = (value & 1) ? (value >> 1) ^ kPolynomial : value >> 1;
  return value;
}

#ifdef __OPTIMIZE_SIZE__

constexpr auto kTable = [] {
  std::array<uint32_t, 16> table{};
  for (uint32_t i = 0; i < table.size(); ++i) table[i] = shifted(i, 4);
  return table;
}();

uint32_t advance(Bytes bytes, uint32_t crc) {
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    crc = (crc >> 4) ^ kTable[crc & 15];
    crc = (crc >> 4) ^ kTable[crc & 15];
  }
  return crc;
}

#else

constexpr size_t kSlices = 8;

/// Of slice k: a byte that k others follow.
constexpr auto kTables = [] {
  std::array<std::array<uint32_t, 256>, kSlices> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    tables[0][i] = shifted(i, 8);
  }
  for (size_t k = 1; k < kSlices; ++k) {
    for (uint32_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 255];
    }
  }
  return tables;
}();

uint32_t advance(Bytes bytes, uint32_t crc) {
  for (; bytes.size() >= kSlices; bytes = bytes.subspan(kSlices)) {
    const uint64_t word = load_u64_le(bytes.data()) ^ crc;
    crc = 0;
    for (size_t i = 0; i < kSlices; ++i) crc ^= kTables[kSlices - 1 - i][word >> (8 * i) & 255];
  }
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ kTables[0][(crc ^ byte) & 255];
  return crc;
}

#endif

}  // namespace

uint32_t crc32c(Bytes bytes, uint32_t crc) {
  return ~advance(bytes, ~crc);
}

}  // namespace flotilla
