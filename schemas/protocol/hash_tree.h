#pragma once

#include "schemas/protocol/hasher.h"

/// Merkle trees of RFC 6962, section 2.1, with whole nodes, over a log that only grows.
/// Verification alone: loops over hashes, no memory but a few digests, so that devices can do it as
/// well. A path is nodes of 32 bytes, one after the other, in the order of the RFC.
namespace flotilla::hash_tree {

/// SHA-256(0x00 || entry)
Digest leaf_hash(Hasher& hasher, Bytes entry);
/// SHA-256(0x01 || left || right)
Digest node_hash(Hasher& hasher, Bytes left, Bytes right);
/// Root of a log without entries: SHA-256 of nothing.
Digest empty_root(Hasher& hasher);

/// RFC 9162, section 2.1.3.2: the leaf is entry `index` of the `size` entries under `root`.
bool verify_inclusion(Hasher& hasher, const Digest& leaf, uint64_t index, uint64_t size, Bytes path,
                      const Digest& root);

/// RFC 9162, section 2.1.4.2: the `to` entries under `to_root` begin with the `from` entries under
/// `from_root`. Nothing can be said of an empty `from`: false.
bool verify_growth(Hasher& hasher, uint64_t from, const Digest& from_root, uint64_t to,
                   const Digest& to_root, Bytes path);

}  // namespace flotilla::hash_tree
