#pragma once

#include "schemas/base/bytes.h"

namespace flotilla::delta {

inline constexpr uint8_t kSmallProfile = 0;  ///< for microcontrollers
inline constexpr uint8_t kLargeProfile = 1;
inline constexpr uint8_t kProfileCount = 2;

/// Bytes before the coded stream of a chunk. The checksums guard against accidents: of the part of
/// the base that will be read, and of the output.
struct ChunkHeader {
  uint8_t profile = 0;
  uint32_t output_checksum = 0;
  uint32_t base_begin = 0;
  uint32_t base_length = 0;  ///< 0: the chunk reads no base
  uint32_t base_checksum = 0;
};

inline constexpr size_t kMaxChunkHeader = 19;

/// Returns the number of bytes written, at most kMaxChunkHeader.
size_t write_chunk_header(const ChunkHeader& header, uint8_t* out);
/// Takes the header off the front of `payload`. False: malformed.
bool read_chunk_header(Bytes& payload, ChunkHeader& header);

}  // namespace flotilla::delta
