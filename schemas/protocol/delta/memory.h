#pragma once

#include "schemas/protocol/delta/chunk_header.h"
#include "schemas/protocol/delta/stream.h"

namespace flotilla::delta {

/// How much memory a stream asks its decoder for. The encoder takes the largest profile that the
/// hardware class allows; the signed manifest declares decoder_memory(), and an applier uses no
/// byte more.
struct Profile {
  size_t lanes;    ///< byte contexts by the last bits of the offset
  size_t hashed;   ///< byte contexts by a neighbouring byte; a power of two, or 0
  size_t columns;  ///< of the level map
  size_t scales;   ///< of columns
};

inline constexpr Profile kProfiles[kProfileCount] = {{1, 0, 512, 64}, {4, 1024, 2048, 2048}};

/// Bytes of each of the applier's two windows.
inline constexpr uint32_t kWindowSize = 256;

/// Everything adaptive of one chunk, laid out in memory of the caller.
struct ChunkModel {
  SyntaxModel* syntax = nullptr;
  ElementModel* elements = nullptr;
  ByteModel bytes;
  MutableBytes levels;
  std::span<int16_t> scales;  ///< kept_scale()

  void reset();
};

/// Bytes that place() takes for the profile.
size_t model_size(uint8_t profile);
/// Bytes of a decoder: its model and two windows.
uint32_t decoder_memory(uint8_t profile);
/// `memory`: model_size() bytes at least, aligned to 8. Contents are undefined until reset().
ChunkModel place(uint8_t profile, MutableBytes memory);

}  // namespace flotilla::delta
