#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

ControlPlaneConfig budget(uint64_t bytes) {
  ControlPlaneConfig out;
  out.retained_budget = bytes;
  return out;
}

template <typename Kind>
size_t count(const StepResult& result) {
  size_t out = 0;
  for (const Effect& effect : result.effects) out += std::holds_alternative<Kind>(effect);
  return out;
}

TEST(Transfers, TheDirectiveWaitsUntilThePayloadsRest) {
  World world;
  world.populate(3);
  world.lose_broker(false);
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_EQ(world.state(rollout), RolloutState::kPreparing);
  EXPECT_EQ(world.plane().standing("pose", "mcu"), nullptr);
  world.connect();
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
}

/// Devices of the new keyset may not know the key that signed the old manifests.
TEST(Transfers, ANewKeysetHasEveryPayloadSignedAnew) {
  World world;
  world.populate(2);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(3600);
  const size_t builds = world.builds.size();
  world.run(3600);
  ASSERT_EQ(world.builds.size(), builds);
  world.config.keyset_epoch = 2;
  world.restart();
  world.run(60);
  EXPECT_GT(world.builds.size(), builds);
  EXPECT_EQ(world.builds.back().keyset_epoch, 2u);
  for (const auto& [id, transfer] : world.plane().transfers()) {
    EXPECT_EQ(transfer.keyset_epoch, 2u);
    EXPECT_EQ(transfer.state, Transfer::State::kAtRest);
  }
  const size_t settled = world.builds.size();
  world.run(3600);
  EXPECT_EQ(world.builds.size(), settled);
}

TEST(Transfers, OverBudgetHaltsWithBothNumbers) {
  World world(budget(1999));
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_EQ(world.state(rollout), RolloutState::kHalted);
  EXPECT_EQ(world.reason(rollout),
            "the payloads were not built: the payloads take 2000 bytes and the broker holds 0, "
            "more than the retained budget of 1999 bytes");
  EXPECT_TRUE(world.plane().transfers().empty());
  EXPECT_TRUE(world.published.empty()) << "no device was told anything";
  world.message_bytes = 900;
  EXPECT_EQ(world.state(world.start("pose", 2)), RolloutState::kRunning) << "the next one may try";
}

TEST(Transfers, OtherRolloutsCountAgainstTheBudget) {
  World world(budget(3500));
  world.populate(3);
  world.publish("vad", 1, {"mcu"});
  for (auto& [id, device] : world.devices) device.hold("vad", Digest{});
  for (auto& [id, device] : world.devices) device.changed();
  world.run(5);
  world.start("pose", 2);
  world.message_bytes = 2000;
  EXPECT_EQ(world.state(world.start("vad", 1)), RolloutState::kPreparing);
  EXPECT_FALSE(world.operate(2, RolloutVerb::kCancel).refusal);
  world.message_bytes = 1500;
  EXPECT_EQ(world.state(world.start("vad", 1)), RolloutState::kRunning);
}

TEST(Transfers, AFailedBuildHaltsTheRollout) {
  World world;
  world.populate(3);
  world.build_failure = "artifact is missing";
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_EQ(world.state(rollout), RolloutState::kHalted);
  EXPECT_NE(world.reason(rollout).find("artifact is missing"), std::string::npos);
  EXPECT_TRUE(world.operate(rollout, RolloutVerb::kRollback).refusal);
}

TEST(Transfers, AnswersThatFitNothingAreCounted) {
  World world;
  world.populate(3);
  TransfersBuilt stray;
  stray.rollout = 77;
  EXPECT_TRUE(world.step(stray).writes.empty());
  EXPECT_TRUE(world.step(TransferAtRest{5}).writes.empty());
  EXPECT_TRUE(world.step(TransferCleared{5}).writes.empty());
  EXPECT_TRUE(world.step(OutboxDelivered{{5}}).writes.empty());
  EXPECT_EQ(world.plane().counters().answers_stale, 3u);
}

TEST(Transfers, PayloadsOfAnotherReleaseAreNotOffered) {
  World world;
  world.populate(3);
  world.building = false;
  const uint32_t rollout = world.start("pose", 2);
  TransfersBuilt wrong;
  wrong.rollout = rollout;
  wrong.hardware_class = "mcu";
  wrong.transfers.resize(1);
  wrong.transfers[0].model = "pose";
  wrong.transfers[0].hardware_class = "mcu";
  wrong.transfers[0].release_digest = world.hasher.of("something else");
  world.step(wrong);
  EXPECT_EQ(world.state(rollout), RolloutState::kHalted);
}

TEST(Transfers, StayForLateDevicesAndLeaveWhenReplaced) {
  World world;
  world.populate(3);
  const uint32_t first = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(first, RolloutState::kCompleted));
  EXPECT_EQ(world.retained.transfers.size(), 2u);
  world.run(60);
  world.publish("pose", 3, {"mcu"});
  const uint32_t second = world.start("pose", 3);
  ASSERT_TRUE(world.run_until_state(second, RolloutState::kCompleted));
  EXPECT_EQ(world.retained.transfers.size(), 2u);
  for (const auto& [id, transfer] : world.plane().transfers()) {
    EXPECT_EQ(transfer.release_digest,
              world.plane().rollouts().at(second).targets[0].release_digest);
  }
}

TEST(Transfers, ABrokerThatForgotIsRefilled) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  world.run(2);
  world.lose_broker(true);
  world.run(30);
  world.connect();
  EXPECT_EQ(world.retained.transfers.size(), 2u);
  EXPECT_EQ(world.retained.directives.size(), 1u);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
}

TEST(Transfers, ConnectingRepeatsEverythingAndWritesNothing) {
  World world;
  world.populate(3);
  world.start("pose", 2);
  const StepResult result = world.step(BrokerConnected{});
  EXPECT_TRUE(result.writes.empty());
  EXPECT_EQ(count<PublishDirective>(result), 1u);
  EXPECT_EQ(count<PlaceTransfer>(result), 2u);
}

TEST(Transfers, WhatRestsIsLookedAtEveryHour) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const StepResult soon = world.step(Tick{});
  EXPECT_EQ(count<PlaceTransfer>(soon), 0u);
  world.now = world.now + seconds(3600);
  const StepResult later = world.step(Tick{});
  EXPECT_EQ(count<PlaceTransfer>(later), world.plane().transfers().size());
  EXPECT_TRUE(later.writes.empty());
  EXPECT_EQ(count<PlaceTransfer>(world.step(Tick{})), 0u) << "once an hour";
}

TEST(Transfers, AreRenewedAtHalfLifeWithoutMovingAChunk) {
  World world;
  world.populate(3);
  RolloutPolicy policy;
  policy.expires_s = 4 * 3600;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const auto before = world.plane().transfers();
  world.run(2 * 3600 + 60);
  ASSERT_EQ(world.plane().transfers().size(), before.size());
  for (const auto& [id, transfer] : world.plane().transfers()) {
    ASSERT_EQ(before.count(id), 1u) << "the same transfers";
    EXPECT_GT(transfer.manifest.expires, before.at(id).manifest.expires);
    EXPECT_NE(transfer.manifest_envelope, before.at(id).manifest_envelope);
    EXPECT_EQ(transfer.state, Transfer::State::kAtRest);
  }
  EXPECT_LE(world.builds.size(), 2u) << "asked once";
}

TEST(Outbox, IsRepeatedUntilDeliveredAndNeverGrows) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  world.lose_broker(false);
  for (int i = 0; i < 5; ++i) {
    world.operate(rollout, RolloutVerb::kHold);
    world.operate(rollout, RolloutVerb::kResume);
  }
  EXPECT_EQ(world.plane().outbox_size(), 1u) << "the newest directive replaces the others";
  EXPECT_EQ(world.plane().counters().outbox_coalesced, 9u);
  world.connect();
  EXPECT_EQ(world.plane().outbox_size(), 0u);
  const auto& retained = world.retained.directives.at({"mcu", "pose"});
  EXPECT_EQ(retained.seq, world.plane().standing("pose", "mcu")->directive.seq);
}

}  // namespace
}  // namespace flotilla::controller
