#include "edge-client/core/log_witness.h"

#include <gtest/gtest.h>

#include "schemas/protocol/hash_tree.h"
#include "tests/unit/schemas/sha256.h"

namespace flotilla::edge {
namespace {

using Growth = FixedVector<GrowthProof, kMaxGrowthProofs>;

/// Two leaves, then four: a log that grew once.
class LogWitnessTest : public ::testing::Test {
 protected:
  LogWitnessTest() {
    for (uint8_t i = 0; i < 4; ++i) leaves_[i] = hash_tree::leaf_hash(hasher_, {&i, 1});
    two_ = hash_tree::node_hash(hasher_, leaves_[0].view(), leaves_[1].view());
    rest_ = hash_tree::node_hash(hasher_, leaves_[2].view(), leaves_[3].view());
    four_ = hash_tree::node_hash(hasher_, two_.view(), rest_.view());
  }

  static ReleaseManifest with(uint64_t size, const Digest& root) {
    ReleaseManifest release;
    release.checkpoint_size = size;
    release.checkpoint_root = root;
    return release;
  }
  bool see(uint64_t size, const Digest& root, const Growth& growth = {}) {
    return observe(hasher_, with(size, root), growth, witness_);
  }
  Growth proof() const {
    Growth growth;
    EXPECT_TRUE(growth.push_back({1, leaves_[3].view()}));
    EXPECT_TRUE(growth.push_back({2, rest_.view()}));
    return growth;
  }

  testing::Sha256 hasher_;
  Digest leaves_[4], two_, rest_, four_;
  LogWitness witness_;
};

TEST_F(LogWitnessTest, TheFirstCheckpointIsTakenAndGrowthNeedsAProof) {
  EXPECT_FALSE(see(0, {}));
  EXPECT_TRUE(see(2, two_));
  EXPECT_EQ(witness_.standing, Witness::kProven);
  EXPECT_FALSE(see(2, two_)) << "the same again";
  EXPECT_TRUE(see(4, four_, proof()));
  EXPECT_EQ(witness_.standing, Witness::kProven);
  EXPECT_EQ(witness_.head, (LogHead{4, four_}));
}

TEST_F(LogWitnessTest, WithoutAFittingProofItIsTakenUnproven) {
  EXPECT_TRUE(see(2, two_));
  EXPECT_TRUE(see(4, four_));
  EXPECT_EQ(witness_.standing, Witness::kUnproven);
  EXPECT_EQ(witness_.head.size, 4u);

  witness_ = {{2, rest_}, Witness::kProven, {}};  // of another history
  EXPECT_TRUE(see(4, four_, proof()));
  EXPECT_EQ(witness_.standing, Witness::kUnproven) << "the proof leads from another log";
}

TEST_F(LogWitnessTest, AnOlderOneMovesNothingAndAnotherRootIsASplitViewForGood) {
  EXPECT_TRUE(see(4, four_));
  EXPECT_FALSE(see(2, rest_)) << "an older release may be installed again";
  EXPECT_EQ(witness_.head.size, 4u);
  EXPECT_TRUE(see(4, two_));
  EXPECT_EQ(witness_.standing, Witness::kSplit);
  EXPECT_EQ(witness_.head.root, four_);
  EXPECT_EQ(witness_.conflict, (LogHead{4, two_}));
  EXPECT_FALSE(see(4, two_)) << "said once";
  EXPECT_TRUE(see(5, rest_));
  EXPECT_EQ(witness_.standing, Witness::kSplit);
  EXPECT_EQ(witness_.head.size, 5u);
}

}  // namespace
}  // namespace flotilla::edge
