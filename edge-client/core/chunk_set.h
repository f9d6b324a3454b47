#pragma once

#include <array>

#include "schemas/protocol/limits.h"

namespace flotilla::edge {

/// Which chunks of a transfer are done: one bit each, one word a group.
class ChunkSet {
 public:
  static constexpr uint32_t kNoGroup = UINT32_MAX;

  /// Nothing is done. `count` is at most kMaxChunks.
  void reset(uint32_t count);

  uint32_t count() const { return count_; }
  uint32_t done() const { return done_; }
  bool complete() const { return done_ == count_; }
  uint32_t group_count() const { return (count_ + kGroupSize - 1) / kGroupSize; }

  bool contains(uint32_t index) const;
  void insert(uint32_t index);
  bool group_complete(uint32_t group) const;
  /// The first group from `from` on, cyclically, that misses a chunk; kNoGroup when complete.
  uint32_t incomplete_group(uint32_t from) const;

 private:
  static_assert(kGroupSize == 16, "a group is one word");

  std::array<uint16_t, (kMaxChunks + kGroupSize - 1) / kGroupSize> groups_{};
  uint32_t count_ = 0;
  uint32_t done_ = 0;
};

}  // namespace flotilla::edge
