#pragma once

#include <string>
#include <vector>

#include "schemas/protocol/merkle.h"

namespace flotilla::controller {

struct MerklePaths {
  Digest root;
  std::vector<std::string> paths;  ///< by leaf: sibling nodes, leaf first, kMerkleNodeSize each
};

/// Root and audit paths over at least one leaf, as merkle::verify checks them.
MerklePaths merkle_paths(Hasher& hasher, const std::vector<Digest>& leaves);

}  // namespace flotilla::controller
