#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "controller/domain/records.h"
#include "controller/ports/store.h"
#include "schemas/protocol/hash_tree.h"

namespace flotilla::controller {

/// The right edge of the Merkle tree over the audit log (RFC 6962, section 2.1): enough to append
/// entries and to know the root. Complete subtrees below the edge are in the store, under the level
/// and index of their root; leaves are not, since the entry is there.
class AuditTree {
 public:
  /// Takes note of a node that an append has completed, of level 1 and up.
  using Keep = std::function<void(uint8_t level, uint64_t index, const Digest& node)>;

  uint64_t size() const { return size_; }
  /// Hash of the first entry; none while the log is empty.
  const Digest& first_leaf() const { return first_; }
  /// Amortised two hashes.
  void append(Hasher& hasher, Bytes entry, const Keep& keep);
  void append_leaf(Hasher& hasher, const Digest& leaf, const Keep& keep);
  /// At most 63 hashes.
  LogHead head(Hasher& hasher) const;

  /// The edge of a log of `size` entries, read from the store. `complete` is false when nodes are
  /// missing: then build() makes them.
  Status load(Store& store, Hasher& hasher, uint64_t size, bool& complete);
  /// Reads every entry, makes every node and stores them in batches: once, for a log that was
  /// written before there was a tree. May be interrupted and repeated.
  Status build(Store& store, Hasher& hasher, uint64_t size);

 private:
  uint64_t size_ = 0;
  Digest first_;
  std::array<Digest, 64> edge_{};  ///< by level: the complete subtree there, when size_ has its bit
};

/// Proofs about the log in the store; each costs a number of reads that grows with the logarithm of
/// its length. kUnavailable: an entry or node is not (yet) in the store.
namespace audit_tree {

Result<LogHead> head_at(Store& store, Hasher& hasher, uint64_t size);
/// Path of entry `number` among the first `size`: nodes of 32 bytes.
Result<std::string> inclusion_path(Store& store, Hasher& hasher, uint64_t number, uint64_t size);
/// Path from the first `from` entries to the first `to`; 1 <= from <= to.
Result<std::string> growth_path(Store& store, Hasher& hasher, uint64_t from, uint64_t to);

}  // namespace audit_tree
}  // namespace flotilla::controller
