#pragma once

#include <string>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller {

/// What a payload is built for; from the hardware class.
struct PayloadLimits {
  uint32_t chunk_max = kDefaultChunkMax;  ///< payload bytes of a chunk, at most
  uint32_t erase_unit = 4096;             ///< output ranges start at multiples of it
  uint32_t decoder_memory = 0;            ///< bytes the class allows; 0: any
  uint8_t profile = 0;  ///< of the decoder; the encoder takes what the memory allows
};

/// Output bytes of a chunk, at most: a multiple of the erase unit. A device is busy with one chunk
/// until it is written, so that classes of small chunks get small outputs.
constexpr uint64_t max_chunk_output(const PayloadLimits& limits) {
  constexpr uint64_t kOutputsPerPayload = 256;
  const uint64_t most = kOutputsPerPayload * limits.chunk_max;
  return (most < kMaxChunkOutput ? most : kMaxChunkOutput) / limits.erase_unit * limits.erase_unit;
}

/// One chunk before it becomes a message: where its output goes and its coded bytes.
struct EncodedChunk {
  uint64_t output_offset = 0;
  uint32_t output_length = 0;
  std::string payload;
  bool reads_base = false;
};

/// A complete payload: what the transfer manifest says of it, and its chunks with their Merkle
/// paths. release_digest, base_digest and expires of `manifest` are the caller's to fill in.
struct Payload {
  TransferManifest manifest;
  std::vector<EncodedChunk> chunks;
  std::vector<std::string> paths;  ///< by chunk: sibling nodes, leaf first
};

/// The payload of chunks that cover a target, with its Merkle tree. kResourceExhausted: more chunks
/// than a device can track.
Result<Payload> make_payload(Hasher& hasher, std::vector<EncodedChunk> chunks,
                             uint32_t decoder_memory);

/// protocol.md's rule: a delta is used when it is at most 0.95 of the coded full payload.
bool delta_is_worth_it(uint64_t delta_bytes, uint64_t full_bytes);

}  // namespace flotilla::controller
