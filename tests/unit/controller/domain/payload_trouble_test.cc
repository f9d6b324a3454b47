#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

/// Payloads that do not come to rest: the rollout says why, waits, and goes on by itself.
namespace flotilla::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::World;

constexpr const char* kForbidden = "chunk refused: not authorized";

/// What the adapter does by itself after a while.
void retry_placing(World& world) {
  for (const auto& [id, transfer] : std::map(world.plane().transfers())) {
    world.retained.transfers[id] = transfer.base_digest;
    world.step(TransferAtRest{id});
  }
}

void lose_files(World& world) {
  for (const auto& [id, transfer] : world.plane().transfers()) world.lost_files.insert(id);
}

TEST(PayloadTrouble, ABrokerThatForbidsIsSaidAndWaitedFor) {
  World world;
  world.populate(3);
  world.place_refusal = kForbidden;
  const uint32_t rollout = world.start("pose", 2);
  world.run(300);
  EXPECT_EQ(world.state(rollout), RolloutState::kPreparing);
  EXPECT_THAT(world.reason(rollout), StartsWith("payload "));
  EXPECT_THAT(world.reason(rollout),
              HasSubstr("of class mcu is not at rest in the broker: chunk refused: not authorized; "
                        "it is tried again"));
  EXPECT_TRUE(world.published.empty()) << "no device was told anything";
  const TransferId id = world.plane().transfers().begin()->first;
  EXPECT_EQ(world.plane().trouble(id), kForbidden);
  EXPECT_EQ(
      world.audit_summary().count("transfer.refused transfer/" + std::string(to_hex(id).view())),
      1u);
  world.place_refusal.clear();
  retry_placing(world);
  EXPECT_EQ(world.plane().trouble(id), "");
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, ResumeTriesAgainAtOnce) {
  World world;
  world.populate(3);
  world.place_refusal = kForbidden;
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  EXPECT_EQ(world.state(rollout), RolloutState::kPreparing) << "still forbidden";
  world.place_refusal.clear();
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
  EXPECT_EQ(world.audit_summary().count("rollout.tried_again rollout/1"), 2u);
}

TEST(PayloadTrouble, ABrokerThatForgotAndForbidsHoldsTheWave) {
  World world;
  world.populate(3);
  RolloutPolicy policy;
  policy.soak_s = 30;
  const uint32_t rollout = world.start("pose", 2, policy);
  world.run(10);
  world.lose_broker(true);
  world.place_refusal = kForbidden;
  world.connect();
  world.run(300);
  EXPECT_EQ(world.plane().rollouts().at(rollout).waves.size(), 1u);
  EXPECT_THAT(world.reason(rollout), StartsWith("wave 0: payload "));
  for (const auto& [id, transfer] : world.plane().transfers())
    EXPECT_EQ(transfer.state, Transfer::State::kPublishing);
  world.place_refusal.clear();
  retry_placing(world);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, ALostPayloadFileIsBuiltAnew) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  const auto before = world.plane().transfers();
  lose_files(world);
  world.restart();
  EXPECT_EQ(world.builds.size(), 1u);
  world.run(1);
  EXPECT_EQ(world.builds.size(), 2u);
  ASSERT_EQ(world.plane().transfers().size(), before.size());
  for (const auto& [id, transfer] : world.plane().transfers()) {
    EXPECT_EQ(before.count(id), 1u) << "the same transfers: devices go on where they were";
    EXPECT_EQ(transfer.state, Transfer::State::kAtRest);
  }
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, ALostPayloadWhoseModelIsLostTooNamesBoth) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  lose_files(world);
  world.build_failure = "image 123: not found";
  world.restart();
  world.run(2);
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
  EXPECT_THAT(world.reason(rollout), HasSubstr("the payload file is gone; it is built anew"));
  EXPECT_THAT(world.reason(rollout), HasSubstr("image 123: not found; it is tried again"));
  world.build_failure.clear();
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, AFullDiskWhileBuildingIsWaitedForWithBackoff) {
  World world;
  world.populate(3);
  world.build_failure = "full payload: resource_exhausted: the disk is full";
  world.build_may_pass = true;
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_EQ(world.state(rollout), RolloutState::kPreparing);
  EXPECT_EQ(world.reason(rollout),
            "the payloads were not built: full payload: resource_exhausted: the disk is full; it "
            "is tried again");
  world.run(29);
  EXPECT_EQ(world.builds.size(), 1u);
  world.run(1);
  EXPECT_EQ(world.builds.size(), 2u);
  world.run(59);
  EXPECT_EQ(world.builds.size(), 2u) << "twice as long";
  world.run(3600);
  EXPECT_LE(world.builds.size(), 12u);
  EXPECT_EQ(world.audit_summary().count("rollout.build_failed rollout/1"), 1u);
  world.build_failure.clear();
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, RoomInTheBudgetIsWaitedFor) {
  ControlPlaneConfig config;
  config.retained_budget = 3500;
  World world(config);
  world.populate(3);
  world.publish("vad", 1, {"mcu"});
  for (auto& [id, device] : world.devices) device.hold("vad", Digest{});
  for (auto& [id, device] : world.devices) device.changed();
  world.run(5);
  RolloutPolicy policy;
  policy.rollback_on_halt = false;
  const uint32_t first = world.start("pose", 2, policy);
  world.message_bytes = 2000;
  const uint32_t second = world.start("vad", 1);
  world.run(5);
  EXPECT_EQ(world.state(second), RolloutState::kPreparing);
  EXPECT_THAT(world.reason(second), HasSubstr("more than the retained budget of 3500 bytes"));
  EXPECT_FALSE(world.operate(first, RolloutVerb::kHalt).refusal);
  world.run(1);
  EXPECT_EQ(world.state(second), RolloutState::kRunning) << "as soon as there is room";
}

TEST(PayloadTrouble, ADirectiveThatTheBrokerRefusesHoldsTheRollout) {
  World world;
  world.populate(3);
  world.directive_refusal = "not authorized";
  const uint32_t rollout = world.start("pose", 2);
  world.run(300);
  EXPECT_EQ(world.plane().rollouts().at(rollout).waves.size(), 1u);
  EXPECT_EQ(world.reason(rollout),
            "wave 0: the directive for class mcu is not in the broker: not authorized; it is tried "
            "again");
  EXPECT_EQ(world.audit_summary().count("directive.refused class/mcu/model/pose"), 1u);
  world.directive_refusal.clear();
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  world.run(1);
  EXPECT_EQ(world.plane().outbox_size(), 0u) << "sent again at once";
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(PayloadTrouble, ARollbackSaysWhatItWaitsFor) {
  World world;
  world.populate(3);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.place_refusal = kForbidden;
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  world.run(10);
  EXPECT_EQ(world.state(rollout), RolloutState::kRollingBack);
  EXPECT_THAT(world.reason(rollout), HasSubstr(kForbidden));
  world.place_refusal.clear();
  EXPECT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
}

}  // namespace
}  // namespace flotilla::controller
