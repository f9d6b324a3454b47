#pragma once

#include "schemas/base/bytes.h"

/// tests/golden/delta/chunks.bin: chunks of codec 2 as they must decode for ever. A record for
/// each, one behind the other, up to the end of the file:
///
///     base size u32, output offset u32, output length u32, payload size u32, CRC-32C of the output
///     u32 (all little-endian); base; payload
namespace flotilla::testing {

struct GoldenChunk {
  static constexpr size_t kHeader = 20;

  Bytes base;
  uint32_t output_offset = 0;
  uint32_t output_length = 0;
  Bytes payload;
  uint32_t output_checksum = 0;

  /// Takes the first record off `file`. False at the end, or when it is cut short.
  static bool take(Bytes& file, GoldenChunk& out) {
    if (file.size() < kHeader) return false;
    const uint8_t* const header = file.data();
    const size_t base_size = load_u32_le(header);
    const size_t payload_size = load_u32_le(header + 12);
    if (file.size() - kHeader < base_size + payload_size) return false;
    out.output_offset = load_u32_le(header + 4);
    out.output_length = load_u32_le(header + 8);
    out.output_checksum = load_u32_le(header + 16);
    out.base = file.subspan(kHeader, base_size);
    out.payload = file.subspan(kHeader + base_size, payload_size);
    file = file.subspan(kHeader + base_size + payload_size);
    return true;
  }
};

}  // namespace flotilla::testing
