#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "controller/artifact/delta/delta_plan.h"
#include "controller/artifact/payload.h"

namespace flotilla::controller {

/// Cuts a plan into chunks: output ranges aligned to the erase unit, payloads of at most
/// chunk_max bytes, each range-coded on its own (codec 2).
class ChunkPacker {
 public:
  ChunkPacker(Bytes base, Bytes target, const DeltaPlan& plan, const PayloadLimits& limits);
  ~ChunkPacker();

  /// Packs [begin, end), `begin` a multiple of the erase unit. Empty when cancelled.
  std::vector<EncodedChunk> pack(uint64_t begin, uint64_t end, const std::atomic<bool>& cancel);

 private:
  class Builder;

  /// None when [begin, end) is not enough to fill a chunk.
  std::optional<EncodedChunk> pack_one(uint64_t begin, uint64_t end, bool last);
  EncodedChunk raw_chunk(uint64_t begin, uint64_t end);

  Bytes base_;
  Bytes target_;
  const DeltaPlan& plan_;
  PayloadLimits limits_;
  std::unique_ptr<Builder> builder_;
};

}  // namespace flotilla::controller
