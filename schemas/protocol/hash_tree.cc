#include "schemas/protocol/hash_tree.h"

namespace flotilla::hash_tree {
namespace {

constexpr uint8_t kLeafTag = 0;
constexpr uint8_t kNodeTag = 1;

/// Hands out the nodes of a path; a path that is no whole number of nodes has none.
class Path {
 public:
  explicit Path(Bytes bytes) : rest_(bytes) {}

  bool is_whole() const { return rest_.size() % Digest::kSize == 0; }
  bool empty() const { return rest_.empty(); }
  Bytes take() {
    const Bytes node = rest_.first(Digest::kSize);
    rest_ = rest_.subspan(Digest::kSize);
    return node;
  }

 private:
  Bytes rest_;
};

/// Where a node stands on its level, and the last node of that level.
struct Place {
  uint64_t index = 0;
  uint64_t last = 0;

  bool is_root() const { return last == 0; }
  bool has_left() const { return (index & 1) != 0 || index == last; }
  void up() {
    index >>= 1;
    last >>= 1;
  }
  /// A left child without a sibling stands for its parents as well.
  void skip_single() {
    while ((index & 1) == 0 && index != 0) up();
  }
};

}  // namespace

Digest leaf_hash(Hasher& hasher, Bytes entry) {
  return hasher.sha256({{&kLeafTag, 1}, entry});
}

Digest node_hash(Hasher& hasher, Bytes left, Bytes right) {
  return hasher.sha256({{&kNodeTag, 1}, left, right});
}

Digest empty_root(Hasher& hasher) {
  return hasher.sha256({});
}

bool verify_inclusion(Hasher& hasher, const Digest& leaf, uint64_t index, uint64_t size,
                      Bytes path_bytes, const Digest& root) {
  Path path(path_bytes);
  if (index >= size || !path.is_whole()) return false;
  Place place{index, size - 1};
  Digest hash = leaf;
  while (!path.empty()) {
    if (place.is_root()) return false;
    const Bytes node = path.take();
    if (place.has_left()) {
      hash = node_hash(hasher, node, hash.view());
      place.skip_single();
    } else {
      hash = node_hash(hasher, hash.view(), node);
    }
    place.up();
  }
  return place.is_root() && hash == root;
}

bool verify_growth(Hasher& hasher, uint64_t from, const Digest& from_root, uint64_t to,
                   const Digest& to_root, Bytes path_bytes) {
  Path path(path_bytes);
  if (from == 0 || from > to || !path.is_whole()) return false;
  if (from == to) return path.empty() && from_root == to_root;
  Place place{from - 1, to - 1};
  while ((place.index & 1) != 0) place.up();
  Digest old_hash = from_root;  // a whole subtree: the path begins above it
  if (place.index != 0) {
    if (path.empty()) return false;
    copy(path.take(), old_hash.bytes);
  }
  Digest new_hash = old_hash;
  while (!path.empty()) {
    if (place.is_root()) return false;
    const Bytes node = path.take();
    if (place.has_left()) {
      old_hash = node_hash(hasher, node, old_hash.view());
      new_hash = node_hash(hasher, node, new_hash.view());
      place.skip_single();
    } else {
      new_hash = node_hash(hasher, new_hash.view(), node);
    }
    place.up();
  }
  return place.is_root() && old_hash == from_root && new_hash == to_root;
}

}  // namespace flotilla::hash_tree
