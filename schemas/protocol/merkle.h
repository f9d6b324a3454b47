#pragma once

#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

/// Merkle tree over the chunks of a payload: RFC 6962 section 2.1 hashing (0x00 leaf, 0x01 node),
/// every node but the root truncated to kMerkleNodeSize bytes before it is hashed or sent.
/// A leaf covers the chunk's index and output range as well as its payload.
namespace flotilla::merkle {

Digest leaf_hash(Hasher& hasher, const Chunk& chunk);
/// Hash of two children; only their first kMerkleNodeSize bytes enter.
Digest node_hash(Hasher& hasher, Bytes left, Bytes right);
/// Number of sibling nodes in the path of leaf `index` among `count` leaves.
size_t path_length(uint32_t index, uint32_t count);
/// RFC 6962 section 2.1.1 audit path. True only if the path has exactly the right length.
bool verify(Hasher& hasher, const Chunk& chunk, uint32_t count, const Digest& root);

}  // namespace flotilla::merkle
