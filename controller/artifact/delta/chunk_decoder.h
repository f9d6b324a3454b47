#pragma once

#include <functional>
#include <vector>

#include "schemas/base/status.h"
#include "schemas/protocol/delta/memory.h"

namespace flotilla::controller {

/// Decodes chunks of codec 2 over files in memory: the check of what was encoded, and `flotilla
/// model apply`. The device's own decoder is edge-client/core/applier.h.
class ChunkDecoder {
 public:
  /// Told of each operation: the part of the target that it makes, and the bits that it took.
  using Observer = std::function<void(uint64_t begin, uint64_t end, double bits)>;

  /// `memory`: bytes that the payload declares; a chunk that needs more is refused.
  explicit ChunkDecoder(uint32_t memory);

  /// Fills `output`, which begins at `output_offset` of the target; a multiple of the unit that the
  /// encoder was given. kInvalidArgument: the payload is malformed or needs more memory; kDataLoss:
  /// the base, or what came out, is not what the encoder had. `output` may then hold anything.
  Status decode(Bytes base, uint64_t output_offset, MutableBytes output, Bytes payload,
                const Observer& observer = nullptr);

 private:
  std::vector<uint64_t> memory_;
};

}  // namespace flotilla::controller
