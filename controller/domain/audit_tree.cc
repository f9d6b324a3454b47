#include "controller/domain/audit_tree.h"

#include <bit>

#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"

namespace flotilla::controller {
namespace {

/// Entries whose nodes are stored in one batch when the tree is made anew.
constexpr uint64_t kBuildBatch = 4096;

/// Largest power of two below n, which is at least 2.
uint64_t split_of(uint64_t n) {
  return uint64_t{1} << (std::bit_width(n - 1) - 1);
}

Result<std::string> read_entry(Store& store, uint64_t number) {
  Result<std::optional<std::string>> value = store.get(keys::audit(number));
  if (!value.ok()) return value.status();
  if (!value.value()) return Status(Code::kUnavailable, "an audit entry is not in the store");
  return std::move(*value.value());
}

/// The log as it is stored, seen as a tree.
class StoredTree {
 public:
  StoredTree(Store& store, Hasher& hasher) : store_(store), hasher_(hasher) {}

  /// Root of the complete subtree of 2^level leaves that begins at index * 2^level.
  Status node(uint8_t level, uint64_t index, Digest& out) {
    if (level == 0) {
      const Result<std::string> entry = read_entry(store_, index);
      FLOTILLA_TRY(entry.status());
      out = hash_tree::leaf_hash(hasher_, as_bytes(entry.value()));
      return ok_status();
    }
    const auto value = store_.get(keys::audit_node(level, index));
    FLOTILLA_TRY(value.status());
    if (!value.value()) return Status(Code::kUnavailable, "a node of the audit tree is missing");
    AuditNode node;
    FLOTILLA_TRY(decode(*value.value(), node));
    out = node.hash;
    return ok_status();
  }

  /// Root over the leaves [begin, begin + count), which form a subtree of the RFC's recursion:
  /// `begin` is a multiple of the smallest power of two that is at least `count`.
  Status root(uint64_t begin, uint64_t count, Digest& out) {
    if (std::has_single_bit(count)) {
      const int level = std::countr_zero(count);
      return node(static_cast<uint8_t>(level), begin >> level, out);
    }
    const uint64_t left_count = split_of(count);
    Digest left, right;
    FLOTILLA_TRY(root(begin, left_count, left));
    FLOTILLA_TRY(root(begin + left_count, count - left_count, right));
    out = hash_tree::node_hash(hasher_, left.view(), right.view());
    return ok_status();
  }

  Status add_root(uint64_t begin, uint64_t count, std::string& path) {
    Digest node;
    FLOTILLA_TRY(root(begin, count, node));
    path += as_text(node.view());
    return ok_status();
  }

  /// PATH of section 2.1.1, for leaf `number` of [begin, begin + count).
  Status inclusion(uint64_t number, uint64_t begin, uint64_t count, std::string& path) {
    if (count == 1) return ok_status();
    const uint64_t half = split_of(count);
    if (number - begin < half) {
      FLOTILLA_TRY(inclusion(number, begin, half, path));
      return add_root(begin + half, count - half, path);
    }
    FLOTILLA_TRY(inclusion(number, begin + half, count - half, path));
    return add_root(begin, half, path);
  }

  /// SUBPROOF of section 2.1.2: `from` leaves of [begin, begin + count); `whole`: their root is
  /// known to whoever verifies.
  Status growth(uint64_t from, uint64_t begin, uint64_t count, bool whole, std::string& path) {
    if (from == count) return whole ? ok_status() : add_root(begin, count, path);
    const uint64_t half = split_of(count);
    if (from <= half) {
      FLOTILLA_TRY(growth(from, begin, half, whole, path));
      return add_root(begin + half, count - half, path);
    }
    FLOTILLA_TRY(growth(from - half, begin + half, count - half, false, path));
    return add_root(begin, half, path);
  }

 private:
  Store& store_;
  Hasher& hasher_;
};

}  // namespace

void AuditTree::append(Hasher& hasher, Bytes entry, const Keep& keep) {
  append_leaf(hasher, hash_tree::leaf_hash(hasher, entry), keep);
}

void AuditTree::append_leaf(Hasher& hasher, const Digest& leaf, const Keep& keep) {
  Digest node = leaf;
  if (size_ == 0) first_ = node;
  uint8_t level = 0;
  for (; (size_ >> level & 1) != 0; ++level) {
    node = hash_tree::node_hash(hasher, edge_[level].view(), node.view());
    keep(static_cast<uint8_t>(level + 1), size_ >> (level + 1), node);
  }
  edge_[level] = node;
  ++size_;
}

LogHead AuditTree::head(Hasher& hasher) const {
  if (size_ == 0) return {0, hash_tree::empty_root(hasher)};
  int level = std::countr_zero(size_);
  Digest root = edge_[static_cast<size_t>(level)];
  while (++level < 64) {
    if ((size_ >> level & 1) == 0) continue;
    root = hash_tree::node_hash(hasher, edge_[static_cast<size_t>(level)].view(), root.view());
  }
  return {size_, root};
}

Status AuditTree::load(Store& store, Hasher& hasher, uint64_t size, bool& complete) {
  *this = AuditTree{};
  complete = true;
  if (size == 0) return ok_status();
  StoredTree tree(store, hasher);
  FLOTILLA_TRY(tree.node(0, 0, first_));
  for (uint8_t level = 0; level < 64; ++level) {
    if ((size >> level & 1) == 0) continue;
    const Status read = tree.node(level, (size >> level) - 1, edge_[level]);
    if (read.code() == Code::kUnavailable && level > 0) {
      complete = false;
      return ok_status();
    }
    FLOTILLA_TRY(read);
  }
  size_ = size;
  return ok_status();
}

Status AuditTree::build(Store& store, Hasher& hasher, uint64_t size) {
  *this = AuditTree{};
  std::vector<Write> batch;
  while (size_ < size) {
    const Result<std::string> bytes = read_entry(store, size_);
    FLOTILLA_TRY(bytes.status());
    AuditEntry entry;
    FLOTILLA_TRY(decode(bytes.value(), entry));
    batch.push_back({keys::audit_mark(entry.object, entry.number), encode(AuditMark{})});
    append(hasher, as_bytes(bytes.value()), [&](uint8_t level, uint64_t index, const Digest& node) {
      batch.push_back({keys::audit_node(level, index), encode(AuditNode{node})});
    });
    if (size_ % kBuildBatch != 0 && size_ != size) continue;
    FLOTILLA_TRY(store.commit(batch));
    batch.clear();
  }
  return ok_status();
}

namespace audit_tree {

Result<LogHead> head_at(Store& store, Hasher& hasher, uint64_t size) {
  if (size == 0) return LogHead{0, hash_tree::empty_root(hasher)};
  LogHead out{size, {}};
  FLOTILLA_TRY(StoredTree(store, hasher).root(0, size, out.root));
  return out;
}

Result<std::string> inclusion_path(Store& store, Hasher& hasher, uint64_t number, uint64_t size) {
  if (number >= size) return Status(Code::kOutOfRange, "the entry lies beyond the log");
  std::string path;
  FLOTILLA_TRY(StoredTree(store, hasher).inclusion(number, 0, size, path));
  return path;
}

Result<std::string> growth_path(Store& store, Hasher& hasher, uint64_t from, uint64_t to) {
  if (from == 0 || from > to) return Status(Code::kOutOfRange, "a log does not grow that way");
  std::string path;
  FLOTILLA_TRY(StoredTree(store, hasher).growth(from, 0, to, true, path));
  return path;
}

}  // namespace audit_tree
}  // namespace flotilla::controller
