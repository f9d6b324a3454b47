#include "controller/artifact/merkle_tree.h"

#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

Bytes node_of(const Digest& digest) {
  return digest.view().first(kMerkleNodeSize);
}

/// Hash pairs of `level`; a last node without a sibling moves up as it is.
std::vector<Digest> next_level(Hasher& hasher, const std::vector<Digest>& level) {
  std::vector<Digest> above;
  above.reserve((level.size() + 1) / 2);
  for (size_t i = 0; i + 1 < level.size(); i += 2) {
    above.push_back(merkle::node_hash(hasher, node_of(level[i]), node_of(level[i + 1])));
  }
  if (level.size() % 2 != 0) above.push_back(level.back());
  return above;
}

}  // namespace

MerklePaths merkle_paths(Hasher& hasher, const std::vector<Digest>& leaves) {
  FLOTILLA_ASSERT(!leaves.empty());
  MerklePaths result;
  result.paths.resize(leaves.size());
  std::vector<Digest> level = leaves;
  for (unsigned height = 0; level.size() > 1; ++height) {
    for (size_t leaf = 0; leaf < leaves.size(); ++leaf) {
      const size_t sibling = (leaf >> height) ^ 1;
      if (sibling < level.size()) result.paths[leaf] += as_text(node_of(level[sibling]));
    }
    level = next_level(hasher, level);
  }
  result.root = level.front();
  return result;
}

}  // namespace flotilla::controller
