#pragma once

#include <cstdint>
#include <vector>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// Equal bytes of target and base.
struct Match {
  uint64_t target_offset = 0;
  uint64_t base_offset = 0;
  uint64_t length = 0;

  int64_t diagonal() const {
    return static_cast<int64_t>(base_offset) - static_cast<int64_t>(target_offset);
  }
};

/// Finds bytes of the base: a hash chain over its windows of kWindow bytes, one every kStride.
/// Memory: about 2 x base.
class BaseIndex {
 public:
  static constexpr size_t kWindow = 8;
  static constexpr size_t kStride = 4;

  explicit BaseIndex(Bytes base);

  /// Longest match that covers target[at, at + kWindow), extended to both sides (not before
  /// `floor`); the same diagonal as `preferred` wins over an equal length. Length 0: none.
  Match find(Bytes target, uint64_t at, uint64_t floor, int64_t preferred) const;

 private:
  uint32_t slot(const uint8_t* window) const;

  Bytes base_;
  unsigned shift_;
  std::vector<uint32_t> heads_;  ///< newest window number + 1 of a slot; 0: none
  std::vector<uint32_t> next_;   ///< by window number
};

}  // namespace flotilla::controller
