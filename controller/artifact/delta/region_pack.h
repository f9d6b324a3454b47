#pragma once

#include "controller/artifact/delta/delta_plan.h"
#include "controller/artifact/delta/encode_delta.h"

namespace flotilla::controller {

/// Share of a tensor of the target in a region's payload.
struct CostShare {
  size_t tensor = 0;  ///< index into the target's tensors; their number: none of them
  double bits = 0;
};

/// A stretch of the target, encoded and proven.
struct Region {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::vector<EncodedChunk> chunks;
  std::vector<CostShare> costs;
  uint64_t size = 0;  ///< payload bytes
  Status status;
};

/// Packs parts of one plan. Safe to use from several threads.
class RegionPacker {
 public:
  /// Borrows all of them; `limits` with its profile chosen.
  RegionPacker(const EncodeInput& input, const DeltaPlan& plan, const PayloadLimits& limits)
      : input_(input), plan_(plan), limits_(limits) {}

  /// [begin, end) of the target, decoded again and compared.
  Region pack(uint64_t begin, uint64_t end, const std::atomic<bool>& cancel) const;

 private:
  Status prove(Region& region) const;
  void charge(Region& region, uint64_t begin, uint64_t end, double bits) const;

  const EncodeInput& input_;
  const DeltaPlan& plan_;
  const PayloadLimits& limits_;
};

}  // namespace flotilla::controller
