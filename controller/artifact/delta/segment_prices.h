#pragma once

#include <vector>

#include "controller/artifact/delta/byte_costs.h"
#include "controller/artifact/delta/diagonals.h"

namespace flotilla::controller {

/// Prices of bytes in one stretch of the target.
struct SegmentPrices {
  ByteCosts literal;
  ByteCosts add;  ///< differences along the stretch's best diagonal
};

/// Local statistics of the target and of its differences to the base: what the adaptive contexts of
/// the codec will have learnt. Borrows base and target.
class Prices {
 public:
  static constexpr uint64_t kSegment = 4 * Diagonals::kWindow;
  static constexpr uint32_t kImpossible = 1u << 24;

  Prices(Bytes base, Bytes target, const Diagonals& diagonals);

  uint32_t literal(uint64_t at) const {
    return segments_[at / kSegment].literal[at % kLanes][target_[at]];
  }
  /// kImpossible outside the base.
  uint32_t add(uint64_t at, int64_t diagonal) const {
    const uint64_t from = at + static_cast<uint64_t>(diagonal);  // wraps below 0: not in the base
    if (from >= base_.size()) return kImpossible;
    const uint8_t symbol = static_cast<uint8_t>(target_[at] - base_[from]);
    return segments_[at / kSegment].add[at % kLanes][symbol];
  }
  bool equal(uint64_t at, int64_t diagonal) const {
    const uint64_t from = at + static_cast<uint64_t>(diagonal);
    return from < base_.size() && target_[at] == base_[from];
  }

 private:
  ByteHistogram differences(uint64_t begin, uint64_t end, int64_t diagonal, uint64_t step) const;
  SegmentPrices measure(uint64_t begin, const Diagonals& diagonals) const;

  Bytes base_;
  Bytes target_;
  std::vector<SegmentPrices> segments_;
};

}  // namespace flotilla::controller
