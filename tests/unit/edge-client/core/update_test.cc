// The normal course of things, and what the application or the operator may do to it.

#include <gtest/gtest.h>

#include "tests/support/edge_world.h"

namespace flotilla::edge::test {
namespace {

class UpdateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.boot().ok());
    world_.connect();
    world_.settle();
  }
  void TearDown() override { EXPECT_EQ(world_.breaches, Breaches{}); }

  bool reaches(UpdateState state, Duration limit = seconds(3600)) {
    return world_.run_until([&] { return world_.update_state() == state; }, limit);
  }
  /// Installs `image` as version `version` from a full payload.
  Publication install(const std::vector<uint8_t>& image, uint32_t version) {
    const Publication full = world_.publish(image, version);
    world_.send(world_.publisher.directive_value(full, ++seq_, ++rollout_));
    EXPECT_TRUE(world_.run_until([&] {
      return world_.update_state() == UpdateState::kConfirmed && world_.state().rollout == rollout_;
    }));
    return full;
  }

  World world_;
  uint64_t seq_ = 0;
  uint32_t rollout_ = 0;
  std::vector<uint8_t> first_ = make_image(1, 2200);
  std::vector<uint8_t> second_ = vary(first_, 2);
};

TEST_F(UpdateTest, InstallsTheFirstImageFromAFullPayload) {
  const Publication full = install(first_, 1);
  EXPECT_EQ(world_.active_digest(), world_.crypto.digest_of(first_));
  EXPECT_EQ(world_.state().active_digest, world_.crypto.digest_of(first_));
  EXPECT_EQ(world_.state().active_version, 1u);
  EXPECT_EQ(world_.state().chunks_done, full.pieces.size());
  for (const auto& [chunk, times] : world_.delivered) EXPECT_EQ(times, 1u) << chunk.second;
  ASSERT_FALSE(world_.outbox.attestations.empty());
  const Attestation& attestation = world_.outbox.attestations.back();
  EXPECT_EQ(attestation.outcome, UpdateState::kConfirmed);
  EXPECT_EQ(attestation.release_digest, full.release_digest);
  EXPECT_EQ(attestation.measured_digest, world_.crypto.digest_of(first_));
}

TEST_F(UpdateTest, InstallsTheNextOneFromADelta) {
  install(first_, 1);
  const Publication full = world_.publish(second_, 2);
  const Publication delta = world_.publish(second_, 2, &first_);
  Directive directive = world_.publisher.directive_value(full, ++seq_, ++rollout_);
  directive.offers.clear();
  (void)directive.offers.push_back({world_.crypto.digest_of(first_), delta.id});
  (void)directive.offers.push_back({Digest{}, full.id});
  world_.send(directive);
  ASSERT_TRUE(world_.run_until([&] { return world_.state().active_version == 2; }));
  EXPECT_EQ(world_.state().transfer, delta.id);
  EXPECT_EQ(world_.state().spare_digest, world_.crypto.digest_of(first_));
  EXPECT_EQ(world_.active_digest(), world_.crypto.digest_of(second_));
}

}  // namespace
}  // namespace flotilla::edge::test
