#include "edge-client/core/chunk_set.h"

#include "schemas/base/assert.h"

namespace flotilla::edge {

void ChunkSet::reset(uint32_t count) {
  FLOTILLA_ASSERT(count <= kMaxChunks);
  groups_ = {};
  count_ = count;
  done_ = 0;
}

bool ChunkSet::contains(uint32_t index) const {
  FLOTILLA_ASSERT(index < count_);
  return (groups_[index / kGroupSize] >> index % kGroupSize & 1) != 0;
}

void ChunkSet::insert(uint32_t index) {
  if (contains(index)) return;
  groups_[index / kGroupSize] =
      static_cast<uint16_t>(groups_[index / kGroupSize] | 1u << index % kGroupSize);
  ++done_;
}

bool ChunkSet::group_complete(uint32_t group) const {
  FLOTILLA_ASSERT(group < group_count());
  const uint32_t members = count_ - group * kGroupSize;
  const uint32_t all = members >= kGroupSize ? 0xFFFF : (1u << members) - 1;
  return groups_[group] == all;
}

uint32_t ChunkSet::incomplete_group(uint32_t from) const {
  if (complete()) return kNoGroup;
  uint32_t group = from < group_count() ? from : 0;
  while (group_complete(group)) group = group + 1 < group_count() ? group + 1 : 0;
  return group;
}

}  // namespace flotilla::edge
