#include "controller/artifact/payload.h"

#include <algorithm>

#include "controller/artifact/merkle_tree.h"

namespace flotilla::controller {
namespace {

Digest leaf_of(Hasher& hasher, const EncodedChunk& chunk, uint32_t index) {
  Chunk leaf;
  leaf.index = index;
  leaf.output_offset = chunk.output_offset;
  leaf.output_length = chunk.output_length;
  leaf.payload = as_bytes(chunk.payload);
  return merkle::leaf_hash(hasher, leaf);
}

}  // namespace

Result<Payload> make_payload(Hasher& hasher, std::vector<EncodedChunk> chunks,
                             uint32_t decoder_memory) {
  if (chunks.size() > kMaxChunks) {
    return Status(Code::kResourceExhausted, "the payload has more chunks than a device can track");
  }
  Payload payload;
  payload.chunks = std::move(chunks);
  TransferManifest& manifest = payload.manifest;
  manifest.chunk_count = static_cast<uint32_t>(payload.chunks.size());
  manifest.codec = Codec::kWeights;
  manifest.decoder_memory = decoder_memory;
  manifest.chunk_max = 1;  // the format's least, when every payload is empty
  std::vector<Digest> leaves;
  for (uint32_t i = 0; i < manifest.chunk_count; ++i) {
    const EncodedChunk& chunk = payload.chunks[i];
    leaves.push_back(leaf_of(hasher, chunk, i));
    manifest.payload_size += chunk.payload.size();
    manifest.chunk_max = std::max(manifest.chunk_max, static_cast<uint32_t>(chunk.payload.size()));
  }
  MerklePaths tree = merkle_paths(hasher, leaves);
  manifest.merkle_root = tree.root;
  payload.paths = std::move(tree.paths);
  return payload;
}

bool delta_is_worth_it(uint64_t delta_bytes, uint64_t full_bytes) {
  return delta_bytes * kDeltaWorthDenominator <= full_bytes * kDeltaWorthNumerator;
}

}  // namespace flotilla::controller
