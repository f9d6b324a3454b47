#include "schemas/protocol/merkle.h"

#include "schemas/protocol/hash_tree.h"

namespace flotilla::merkle {
namespace {

Bytes node_of(const Digest& digest) {
  return digest.view().first(kMerkleNodeSize);
}

}  // namespace

Digest leaf_hash(Hasher& hasher, const Chunk& chunk) {
  uint8_t header[1 + 4 + 8 + 4];
  header[0] = 0;
  store_u32_le(header + 1, chunk.index);
  store_u64_le(header + 5, chunk.output_offset);
  store_u32_le(header + 13, chunk.output_length);
  return hasher.sha256({header, chunk.payload});
}

Digest node_hash(Hasher& hasher, Bytes left, Bytes right) {
  return hash_tree::node_hash(hasher, left.first(kMerkleNodeSize), right.first(kMerkleNodeSize));
}

size_t path_length(uint32_t index, uint32_t count) {
  size_t length = 0;
  for (uint32_t last = count - 1; last > 0; index >>= 1, last >>= 1) {
    const bool has_sibling = (index & 1) != 0 || index < last;
    length += has_sibling ? 1 : 0;
  }
  return length;
}

bool verify(Hasher& hasher, const Chunk& chunk, uint32_t count, const Digest& root) {
  if (count == 0 || chunk.index >= count) return false;
  if (chunk.path.size() != path_length(chunk.index, count) * kMerkleNodeSize) return false;
  Digest hash = leaf_hash(hasher, chunk);
  Bytes rest = chunk.path;
  uint32_t index = chunk.index;
  for (uint32_t last = count - 1; last > 0; index >>= 1, last >>= 1) {
    const bool is_right = (index & 1) != 0;
    if (!is_right && index >= last) continue;  // no sibling on this level: the node moves up
    const Bytes sibling = rest.first(kMerkleNodeSize);
    rest = rest.subspan(kMerkleNodeSize);
    const Bytes own = node_of(hash);
    hash = node_hash(hasher, is_right ? sibling : own, is_right ? own : sibling);
  }
  return hash == root;
}

}  // namespace flotilla::merkle
