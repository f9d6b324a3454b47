#include "schemas/protocol/merkle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/schemas/sha256.h"

namespace flotilla {
namespace {

using Node = std::vector<uint8_t>;
using Leaves = std::vector<Digest>;

testing::Sha256 g_hasher;

Node truncated(const Digest& digest) {
  return Node(digest.bytes.begin(), digest.bytes.begin() + kMerkleNodeSize);
}

/// Largest power of two below n.
size_t split_of(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/// MTH of RFC 6962 section 2.1, recursive as it stands there.
Digest naive_root(const Leaves& leaves) {
  if (leaves.size() == 1) return leaves[0];
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(split_of(leaves.size()));
  const Node left = truncated(naive_root({leaves.begin(), middle}));
  const Node right = truncated(naive_root({middle, leaves.end()}));
  const uint8_t tag = 1;
  return g_hasher.sha256({{&tag, 1}, left, right});
}

/// PATH of RFC 6962 section 2.1.1.
Node naive_path(size_t m, const Leaves& leaves) {
  if (leaves.size() == 1) return {};
  const size_t k = split_of(leaves.size());
  const auto middle = leaves.begin() + static_cast<ptrdiff_t>(k);
  const Leaves left(leaves.begin(), middle), right(middle, leaves.end());
  Node path = m < k ? naive_path(m, left) : naive_path(m - k, right);
  const Node sibling = truncated(naive_root(m < k ? right : left));
  path.insert(path.end(), sibling.begin(), sibling.end());
  return path;
}

struct Tree {
  std::vector<std::string> payloads;
  std::vector<Chunk> chunks;
  std::vector<Node> paths;
  Digest root;
};

Tree make_tree(uint32_t count) {
  Tree tree;
  for (uint32_t i = 0; i < count; ++i) tree.payloads.push_back("payload " + std::to_string(i));
  Leaves leaves;
  for (uint32_t i = 0; i < count; ++i) {
    Chunk chunk;
    chunk.index = i;
    chunk.output_offset = 100 * i;
    chunk.output_length = 100;
    chunk.payload = as_bytes(tree.payloads[i]);
    tree.chunks.push_back(chunk);
    leaves.push_back(merkle::leaf_hash(g_hasher, chunk));
  }
  tree.root = naive_root(leaves);
  for (uint32_t i = 0; i < count; ++i) tree.paths.push_back(naive_path(i, leaves));
  for (uint32_t i = 0; i < count; ++i) tree.chunks[i].path = tree.paths[i];
  return tree;
}

bool verifies(const Tree& tree, const Chunk& chunk, size_t count) {
  return merkle::verify(g_hasher, chunk, static_cast<uint32_t>(count), tree.root);
}

constexpr uint32_t kLargest = 70;

/// The tree of `count` leaves; all are made once.
const Tree& tree_of(uint32_t count) {
  static const std::vector<Tree> trees = [] {
    std::vector<Tree> all(1);
    for (uint32_t n = 1; n <= kLargest; ++n) all.push_back(make_tree(n));
    return all;
  }();
  return trees[count];
}

TEST(Sha256ForTests, MatchesFips180) {
  EXPECT_EQ(to_hex(g_hasher.sha256({as_bytes("abc")})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(g_hasher.sha256({})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(g_hasher.sha256({as_bytes("abcdbcdecdefdefgefghfghighij"),
                                    as_bytes("hijkijkljklmklmnlmnomnopnopq")})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Merkle, LeafHashIsTheOneOfTheSpecification) {
  Chunk chunk;
  chunk.index = 0x04030201;
  chunk.output_offset = 0x0C0B0A0908070605;
  chunk.output_length = 0x100F0E0D;
  const uint8_t bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 'x'};
  chunk.payload = as_bytes("x");
  EXPECT_EQ(merkle::leaf_hash(g_hasher, chunk), g_hasher.sha256({bytes}));
}

TEST(Merkle, AcceptsEveryChunkOfTheNaiveTree) {
  for (uint32_t count = 1; count <= kLargest; ++count) {
    const Tree& tree = tree_of(count);
    for (uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(tree.paths[i].size(), merkle::path_length(i, count) * kMerkleNodeSize);
      EXPECT_TRUE(verifies(tree, tree.chunks[i], count)) << i << " of " << count;
    }
  }
}

TEST(Merkle, RefusesEveryOtherIndexAndCount) {
  for (uint32_t count = 1; count <= kLargest; ++count) {
    const Tree& tree = tree_of(count);
    for (uint32_t i = 0; i < count; i += 1 + count / 8) {
      for (uint32_t index = 0; index < count + 3; ++index) {
        Chunk chunk = tree.chunks[i];
        chunk.index = index;
        EXPECT_EQ(verifies(tree, chunk, count), index == i) << index << " of " << count;
      }
      EXPECT_FALSE(verifies(tree, tree.chunks[i], 0));
      EXPECT_FALSE(verifies(tree, tree.chunks[i], i));
    }
  }
}

TEST(Merkle, RefusesAChangedNodeRangeOrPayload) {
  for (uint32_t count = 1; count <= kLargest; ++count) {
    const Tree& tree = tree_of(count);
    for (uint32_t i = 0; i < count; i += 1 + count / 8) {
      for (size_t at = 0; at < tree.paths[i].size(); at += 5) {
        Node path = tree.paths[i];
        path[at] ^= 0x40;
        Chunk chunk = tree.chunks[i];
        chunk.path = path;
        EXPECT_FALSE(verifies(tree, chunk, count));
      }
      Chunk moved = tree.chunks[i], longer = tree.chunks[i], other = tree.chunks[i];
      moved.output_offset ^= uint64_t{1} << 40;
      longer.output_length += 1;
      other.payload = as_bytes("poison");
      EXPECT_FALSE(verifies(tree, moved, count));
      EXPECT_FALSE(verifies(tree, longer, count));
      EXPECT_FALSE(verifies(tree, other, count));
    }
  }
}

TEST(Merkle, RefusesPathsOfAnyOtherLength) {
  for (uint32_t count = 1; count <= kLargest; ++count) {
    const Tree& tree = tree_of(count);
    for (uint32_t i = 0; i < count; i += 1 + count / 8) {
      Node path = tree.paths[i];
      path.resize(path.size() + 2 * kMerkleNodeSize);
      for (size_t length = 0; length <= path.size(); ++length) {
        Chunk chunk = tree.chunks[i];
        chunk.path = Bytes(path).first(length);
        EXPECT_EQ(verifies(tree, chunk, count), length == tree.paths[i].size());
      }
    }
  }
}

TEST(Merkle, RefusesAnInnerNodeThatPosesAsALeaf) {
  const Tree& tree = tree_of(2);
  const Node left = truncated(merkle::leaf_hash(g_hasher, tree.chunks[0]));
  const Node right = truncated(merkle::leaf_hash(g_hasher, tree.chunks[1]));
  Node both = left;
  both.insert(both.end(), right.begin(), right.end());
  Chunk chunk;
  chunk.payload = both;
  EXPECT_FALSE(verifies(tree, chunk, 1));
}

TEST(Merkle, TheLargestTransferKeepsWithinTheDepth) {
  EXPECT_EQ(merkle::path_length(0, 1), 0u);
  EXPECT_EQ(merkle::path_length(0, 1u << kMaxMerkleDepth), kMaxMerkleDepth);
  for (uint32_t count : {2u, 3u, kMaxChunks - 1, kMaxChunks})
    EXPECT_LE(merkle::path_length(count - 1, count), kMaxMerkleDepth);
}

}  // namespace
}  // namespace flotilla
