#pragma once

#include <atomic>
#include <vector>

#include "controller/artifact/op_encoder.h"
#include "controller/artifact/payload.h"

namespace flotilla::controller {

/// Codes a plan into chunks. A chunk ends at a multiple of the erase unit (or the end), before it
/// would exceed chunk_max bytes or kMaxChunkOutput bytes of output. Each erase unit is coded as
/// planned, as literals or raw, whichever is smallest there. Empty when cancelled.
class ChunkPacker {
 public:
  /// `limits` as check_limits() accepts them.
  ChunkPacker(Bytes base, Bytes target, const std::vector<PlannedOp>& plan,
              const PayloadLimits& limits)
      : base_(base), target_(target), plan_(plan), limits_(limits) {}

  std::vector<EncodedChunk> pack(const std::atomic<bool>& cancel);

 private:
  EncodedChunk pack_one(uint64_t begin);
  uint64_t next_step(uint64_t begin, uint64_t most);
  void encode_step(OpEncoder& encoder, uint64_t begin, uint64_t end);
  void encode_plan(OpEncoder& encoder, uint64_t begin, uint64_t end);
  bool copies_only(uint64_t begin, uint64_t end) const;

  Bytes base_;
  Bytes target_;
  const std::vector<PlannedOp>& plan_;
  PayloadLimits limits_;
  size_t current_ = 0;  ///< plan_[current_] covers the beginning of the step at hand
};

}  // namespace flotilla::controller
