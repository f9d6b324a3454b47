#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "controller/artifact/delta/planned_op.h"
#include "controller/artifact/payload.h"

namespace flotilla::controller {

/// Cuts a plan into chunks: output ranges aligned to the erase unit, payloads of at most
/// chunk_max bytes, each range-coded on its own (codec 2).
class ChunkPacker {
 public:
  /// `plan` covers the target without holes, in order.
  ChunkPacker(Bytes base, Bytes target, const std::vector<PlannedOp>& plan,
              const PayloadLimits& limits);
  ~ChunkPacker();

  /// Packs [begin, end), `begin` a multiple of the erase unit. Empty when cancelled.
  std::vector<EncodedChunk> pack(uint64_t begin, uint64_t end, const std::atomic<bool>& cancel);

 private:
  class Builder;

  EncodedChunk pack_one(uint64_t begin, uint64_t end);
  EncodedChunk raw_unit(uint64_t begin, uint64_t end);
  /// Calls `each` for the slices of the plan in [begin, end) until it returns false.
  template <class Each>
  bool each_part(uint64_t begin, uint64_t end, Each&& each);

  Bytes base_;
  Bytes target_;
  const std::vector<PlannedOp>& plan_;
  PayloadLimits limits_;
  std::unique_ptr<Builder> builder_;
};

}  // namespace flotilla::controller
