#pragma once

#include <cstdint>
#include <vector>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// Equal bytes: `length` of them at `offset` of the searched bytes.
struct Match {
  uint64_t offset = 0;
  uint64_t length = 0;
};

/// Hash chains over positions of `text`; those that were added can be found. Memory: 6 to 8 bytes
/// an added position.
class MatchFinder {
 public:
  static constexpr size_t kWindow = 5;  ///< shortest match that is found
  static constexpr int kDepth = 24;     ///< chain links that are followed

  /// `stride`: every position that is a multiple is added when its turn comes.
  MatchFinder(Bytes text, uint32_t stride);

  /// Makes all positions below `end` findable.
  void add_until(uint64_t end);
  /// Longest match of pattern[at, ...) among them, the nearest to `expected` of equal ones. Length
  /// 0: none.
  Match find(Bytes pattern, uint64_t at, uint64_t expected) const;

 private:
  uint32_t slot(const uint8_t* bytes) const;

  Bytes text_;
  uint32_t stride_;
  unsigned shift_;
  uint64_t added_ = 0;           ///< positions below were added
  std::vector<uint32_t> heads_;  ///< newest window number + 1 of a slot; 0: none
  std::vector<uint32_t> next_;   ///< by window number
};

/// Number of equal bytes from a[i] and b[k] on.
uint64_t equal_run(Bytes a, uint64_t i, Bytes b, uint64_t k);

}  // namespace flotilla::controller
