#include "controller/artifact/payload.h"

#include <algorithm>
#include <utility>

#include "controller/artifact/delta/chunk_packer.h"
#include "controller/artifact/delta/delta_plan.h"
#include "controller/artifact/merkle_tree.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {
namespace {

constexpr uint32_t kUnitSlack = 256;  ///< room of one erase unit's ops and framing in a chunk

Status check_limits(Bytes base, Bytes target, const PayloadLimits& limits) {
  if (target.empty()) return {Code::kInvalidArgument, "the image is empty"};
  if (target.size() > kMaxImageSize || base.size() > kMaxImageSize) {
    return {Code::kOutOfRange, "the image is larger than 2 GiB - 1"};
  }
  if (limits.erase_unit == 0 || limits.erase_unit > kMaxChunkOutput) {
    return {Code::kInvalidArgument, "erase_unit is 0 or above 256 KiB"};
  }
  if (limits.chunk_max > kChunkMaxLimit) {
    return {Code::kInvalidArgument, "chunk_max is above 32 KiB"};
  }
  if (limits.chunk_max < uint64_t{limits.erase_unit} + kUnitSlack) {
    return {Code::kInvalidArgument, "chunk_max is below erase_unit + 256"};
  }
  const uint32_t least = delta::decoder_memory(delta::kSmallProfile);
  if (limits.decoder_memory != 0 && limits.decoder_memory < least) {
    return {Code::kResourceExhausted, "the hardware class allows less decoder memory than any needs"};
  }
  return ok_status();
}

/// The largest that the memory allows.
uint8_t profile_for(uint32_t memory) {
  uint8_t best = delta::kSmallProfile;
  for (uint8_t profile = 0; profile < delta::kProfileCount; ++profile) {
    if (memory == 0 || delta::decoder_memory(profile) <= memory) best = profile;
  }
  return best;
}

/// A file that cannot be read as what it claims to be is encoded as one of no known format.
ModelFile model_of(Bytes file) {
  Result<ModelFile> model = read_model(file);
  return model.ok() ? std::move(model.value()) : ModelFile{};
}

Digest leaf_of(Hasher& hasher, const EncodedChunk& chunk, uint32_t index) {
  Chunk leaf;
  leaf.index = index;
  leaf.output_offset = chunk.output_offset;
  leaf.output_length = chunk.output_length;
  leaf.payload = as_bytes(chunk.payload);
  return merkle::leaf_hash(hasher, leaf);
}

void describe(Hasher& hasher, uint8_t profile, Payload& payload) {
  TransferManifest& manifest = payload.manifest;
  manifest.chunk_count = static_cast<uint32_t>(payload.chunks.size());
  manifest.codec = Codec::kWeights;
  manifest.decoder_memory = delta::decoder_memory(profile);
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
}

}  // namespace

Result<Payload> build_payload(Hasher& hasher, Bytes base, Bytes target, const PayloadLimits& limits,
                              const std::atomic<bool>& cancel) {
  FLOTILLA_TRY(check_limits(base, target, limits));
  PayloadLimits chosen = limits;
  chosen.profile = profile_for(limits.decoder_memory);
  InOrder parallel;
  const DeltaPlan plan =
      plan_delta(base, model_of(base), target, model_of(target), chosen.profile, parallel, cancel);
  Payload payload;
  if (plan.structure != nullptr) {
    payload.chunks = pack_all(base, target, plan, chosen, parallel, cancel);
  }
  if (payload.chunks.empty()) return Status(Code::kAborted, "the build was cancelled");
  if (payload.chunks.size() > kMaxChunks) {
    return Status(Code::kResourceExhausted, "the payload has more chunks than a device can track");
  }
  describe(hasher, chosen.profile, payload);
  return payload;
}

bool delta_is_worth_it(uint64_t delta_bytes, uint64_t full_bytes) {
  return delta_bytes * kDeltaWorthDenominator <= full_bytes * kDeltaWorthNumerator;
}

}  // namespace flotilla::controller
