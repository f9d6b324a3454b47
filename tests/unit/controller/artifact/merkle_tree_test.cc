#include "controller/artifact/merkle_tree.h"

#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"

namespace flotilla::controller {
namespace {

class MerkleTreeTest : public ::testing::Test {
 protected:
  Chunk chunk(uint32_t index) {
    Chunk made;
    made.index = index;
    made.output_offset = uint64_t{index} * 100;
    made.output_length = 100;
    made.payload = as_bytes("payload");
    return made;
  }
  MerklePaths tree(uint32_t count) {
    std::vector<Digest> leaves;
    for (uint32_t i = 0; i < count; ++i) leaves.push_back(merkle::leaf_hash(hasher_, chunk(i)));
    return merkle_paths(hasher_, leaves);
  }

  MbedHasher hasher_;
};

TEST_F(MerkleTreeTest, EveryPathOfEverySizeProvesItsChunk) {
  for (uint32_t count = 1; count <= 70; ++count) {
    const MerklePaths paths = tree(count);
    for (uint32_t i = 0; i < count; ++i) {
      Chunk proven = chunk(i);
      proven.path = as_bytes(paths.paths[i]);
      EXPECT_TRUE(merkle::verify(hasher_, proven, count, paths.root)) << i << " of " << count;
      proven.output_length = 99;
      EXPECT_FALSE(merkle::verify(hasher_, proven, count, paths.root)) << i << " of " << count;
    }
  }
}

TEST_F(MerkleTreeTest, APathProvesNoOtherChunk) {
  const MerklePaths paths = tree(9);
  for (uint32_t i = 0; i < 9; ++i) {
    for (uint32_t j = 0; j < 9; ++j) {
      if (i == j) continue;
      Chunk other = chunk(i);
      other.path = as_bytes(paths.paths[j]);
      EXPECT_FALSE(merkle::verify(hasher_, other, 9, paths.root));
    }
  }
}

TEST_F(MerkleTreeTest, OneLeafIsItsOwnRoot) {
  EXPECT_EQ(tree(1).root, merkle::leaf_hash(hasher_, chunk(0)));
  EXPECT_EQ(tree(1).paths.front(), "");
}

}  // namespace
}  // namespace flotilla::controller
