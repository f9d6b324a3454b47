#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::Ending;
using testing::ScriptedDevice;
using testing::World;
using Assigned = AssignmentState;

TEST(Rollout, BringsEveryDeviceToTheVersion) {
  World world;
  world.populate(10);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(120);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 10u);
  for (const auto& [id, device] : world.devices) {
    EXPECT_EQ(device.models.at("pose").active_digest, world.image("pose", 2, "mcu")) << id;
  }
  EXPECT_EQ(world.plane().outbox_size(), 0u);
}

TEST(Rollout, StartsWithTheCanaryOnly) {
  World world;
  world.populate(10);
  RolloutPolicy policy;
  policy.canary_percent = 25;
  policy.soak_s = 60;
  const uint32_t rollout = world.start("pose", 2, policy);
  world.run(20);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 3u) << "25 % of 10, rounded up";
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 3u);
  int moved = 0;
  for (const auto& [id, device] : world.devices) {
    moved += device.models.at("pose").active_digest == world.image("pose", 2, "mcu");
  }
  EXPECT_EQ(moved, 3);
  EXPECT_EQ(world.reason(rollout), "wave 0: soaks");
}

TEST(Rollout, CanaryCountWinsOverPercentage) {
  World world;
  world.populate(10);
  RolloutPolicy policy;
  policy.canary_count = 4;
  world.start("pose", 2, policy);
  EXPECT_EQ(world.plane().assignments(1).size(), 4u);
}

TEST(Rollout, TheDirectiveCarriesTheCompleteIntent) {
  World world;
  world.populate(4);
  RolloutPolicy policy;
  policy.healthy_for_s = 11;
  policy.trial_deadline_s = 77;
  policy.trial_attempts = 2;
  policy.start_window_s = 5;
  policy.expires_s = 1000;
  const uint32_t rollout = world.start("pose", 2, policy);
  const Directive& directive = world.plane().standing("pose", "mcu")->directive;
  EXPECT_EQ(directive.verb, Verb::kInstall);
  EXPECT_EQ(directive.rollout, rollout);
  EXPECT_EQ(directive.version, 2u);
  EXPECT_EQ(directive.epoch, world.config.keyset_epoch);
  EXPECT_EQ(directive.image_digest, world.image("pose", 2, "mcu"));
  ASSERT_EQ(directive.offers.size(), 2u) << "a delta from version 1, and the full payload last";
  EXPECT_EQ(directive.offers[0].base_digest, world.image("pose", 1, "mcu"));
  EXPECT_TRUE(directive.offers[1].base_digest.is_none());
  EXPECT_EQ(directive.issued, world.now);
  EXPECT_EQ(directive.expires, world.now + seconds(1000));
  EXPECT_EQ(directive.healthy_for_s, 11u);
  EXPECT_EQ(directive.trial_deadline_s, 77u);
  EXPECT_EQ(directive.trial_attempts, 2u);
  EXPECT_EQ(directive.start_window_s, 5u);
}

TEST(Rollout, OnlyMeasuredImagesOfTheModelBecomeBases) {
  World world;
  world.populate(6);
  world.publish("pose", 3, {"mcu"});
  world.devices.at("d0").hold("pose", world.hasher.of("from elsewhere"));
  world.devices.at("d1").hold("pose", world.image("pose", 2, "mcu"));
  world.devices.at("d2").hold("pose", world.image("pose", 3, "mcu"));
  for (auto& [id, device] : world.devices) device.changed();
  world.run(5);
  world.start("pose", 3);
  ASSERT_FALSE(world.builds.empty());
  const std::vector<Digest> expected = {world.image("pose", 1, "mcu"),
                                        world.image("pose", 2, "mcu")};
  EXPECT_EQ(world.builds.back().bases, expected) << "most frequent first, the target left out";
}

TEST(Rollout, ADeviceWithAnUnknownImageTakesTheFullPayload) {
  World world;
  world.populate(3);
  world.devices.at("d1").hold("pose", world.hasher.of("from elsewhere"));
  world.devices.at("d1").changed();
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const auto base_of = [&](const std::string& device) {
    return world.retained.transfers.at(world.devices.at(device).models.at("pose").transfer);
  };
  EXPECT_TRUE(base_of("d1").is_none());
  EXPECT_EQ(base_of("d0"), world.image("pose", 1, "mcu"));
  EXPECT_EQ(world.assignment(rollout, "d1"), Assigned::kConfirmed);
}

TEST(Rollout, AnEmptyClassBesideAnotherStandsForLaterDevices) {
  World world;
  world.publish("pose", 1, {"mcu", "linux"});
  world.add_device("d0", "mcu", "pose", 0);
  world.run(5);
  const uint32_t rollout = world.start("pose", 1);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.add_device("late", "linux", "pose", 0);
  world.run(30);
  EXPECT_EQ(world.assignment(rollout, "late"), Assigned::kConfirmed);
  EXPECT_EQ(world.state(rollout), RolloutState::kCompleted);
}

TEST(Rollout, LateJoinersInsideTheCohortAreAssigned) {
  World world;
  world.populate(5);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  world.add_device("late", "mcu", "pose", 1);
  world.run(30);
  EXPECT_EQ(world.assignment(rollout, "late"), Assigned::kConfirmed);
}

TEST(Rollout, DevicesThatRunTheImageAlreadyAreConfirmed) {
  World world;
  world.populate(3);
  world.devices.at("d1").hold("pose", world.image("pose", 2, "mcu"));
  world.devices.at("d1").changed();
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const Assignment& assignment = world.plane().assignments(rollout).at("d1");
  EXPECT_EQ(assignment.state, Assigned::kConfirmed);
  EXPECT_EQ(assignment.detail, "already running");
}

TEST(Rollout, TwoModelsMoveIndependently) {
  World world;
  world.populate(4);
  world.publish("vad", 1, {"mcu"});
  for (auto& [id, device] : world.devices) {
    device.hold("vad", Digest{});
    device.changed();
    if (id == "d2") device.endings[world.image("vad", 1, "mcu")] = Ending::kRevert;
  }
  world.run(5);
  RolloutPolicy strict;
  strict.max_failure_percent = 0;
  strict.canary_percent = 100;
  const uint32_t pose = world.start("pose", 2);
  const uint32_t vad = world.start("vad", 1, strict);
  ASSERT_TRUE(world.run_until_state(pose, RolloutState::kCompleted));
  ASSERT_TRUE(world.run_until([&] {
    return world.state(vad) == RolloutState::kRolledBack ||
           world.state(vad) == RolloutState::kRollingBack;
  }));
  world.run(60);
  EXPECT_EQ(world.count(pose, Assigned::kConfirmed), 4u);
  EXPECT_EQ(world.assignment(vad, "d2"), Assigned::kReverted);
}

TEST(Rollout, ClassesHaveTheirOwnPayloadsAndCanaries) {
  World world;
  world.publish("pose", 1, {"mcu", "linux"});
  world.publish("pose", 2, {"mcu", "linux"});
  for (int i = 0; i < 4; ++i) {
    world.add_device("m" + std::to_string(i), "mcu", "pose", 1);
    world.add_device("l" + std::to_string(i), "linux", "pose", 1);
  }
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 2u) << "one canary in each class";
  EXPECT_EQ(world.plane().transfers().size(), 4u);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 8u);
}

TEST(Rollout, SilentDevicesNeitherBlockNorDilute) {
  World world;
  world.populate(20);
  for (int i = 0; i < 20; ++i) world.devices.at(testing::device_name(i)).silent = i % 2 == 1;
  world.run(600);
  RolloutPolicy policy;
  policy.canary_count = 20;
  policy.max_failure_percent = 30;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 10u);
  EXPECT_EQ(world.count(rollout, Assigned::kPending), 10u) << "debt, and still wanted";
  world.devices.at("d1").silent = false;
  world.run(30);
  EXPECT_EQ(world.assignment(rollout, "d1"), Assigned::kConfirmed);
}

TEST(Rollout, HalfSilentFleetStillHalts) {
  World world;
  world.populate(20);
  for (int i = 0; i < 20; ++i) {
    ScriptedDevice& device = world.devices.at(testing::device_name(i));
    device.silent = i % 2 == 1;
    if (i % 4 == 0) device.endings[world.image("pose", 2, "mcu")] = Ending::kReject;
  }
  world.run(600);
  RolloutPolicy policy;
  policy.canary_count = 20;
  policy.max_failure_percent = 30;  // 5 of 10 attempted, though only 5 of 20
  const uint32_t rollout = world.start("pose", 2, policy);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
}

TEST(Rollout, ASilentCanaryHolds) {
  World world;
  world.populate(5);
  for (auto& [id, device] : world.devices) device.silent = true;
  world.run(600);
  const uint32_t rollout = world.start("pose", 2);
  world.run(1200);
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 1u) << "no second wave without evidence";
  EXPECT_EQ(world.reason(rollout), "wave 0: 0 of the wave's 1 device tried, 1 needed");
}

TEST(Rollout, NobodyListeningDecidesNothing) {
  World world;
  world.populate(5);
  RolloutPolicy policy;
  policy.soak_s = 30;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until([&] { return world.count(rollout, Assigned::kConfirmed) == 1; }));
  world.lose_broker(false);
  world.run(600);
  EXPECT_EQ(world.plane().rollouts().at(rollout).waves.size(), 1u);
  world.connect();
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
}

TEST(Rollout, ANewRolloutReplacesTheStandingOne) {
  World world;
  world.populate(5);
  world.publish("pose", 3, {"mcu"});
  world.devices.at("d3").silent = true;
  const uint32_t first = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(first, RolloutState::kCompleted));
  const uint32_t second = world.start("pose", 3);
  EXPECT_EQ(world.assignment(first, "d3"), Assigned::kExpired) << "one live assignment per device";
  world.devices.at("d3").silent = false;
  ASSERT_TRUE(world.run_until_state(second, RolloutState::kCompleted));
  world.run(60);
  EXPECT_EQ(world.count(second, Assigned::kConfirmed), 5u);
  EXPECT_EQ(world.plane().rollouts().at(second).targets[0].previous_version, 2u);
}

TEST(Rollout, AssignmentsUnderWayExpireAndComeBack) {
  World world;
  world.populate(1);
  ScriptedDevice& device = world.devices.at("d0");
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(
      world.run_until([&] { return world.assignment(rollout, "d0") == Assigned::kTransferring; }));
  device.silent = true;
  world.now = world.now + seconds(25 * 3600);
  world.run(1);
  EXPECT_EQ(world.assignment(rollout, "d0"), Assigned::kExpired);
  device.silent = false;
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  EXPECT_EQ(world.assignment(rollout, "d0"), Assigned::kConfirmed);
}

TEST(Rollout, ADeviceLostInItsTrialBlocksTheWave) {
  World world;
  world.populate(4);
  RolloutPolicy policy;
  policy.canary_count = 2;
  const uint32_t rollout = world.start("pose", 2, policy);
  const std::string victim = world.plane().assignments(rollout).begin()->first;
  world.devices.at(victim).endings[world.image("pose", 2, "mcu")] = Ending::kNeverReturns;
  world.run(1800);
  EXPECT_EQ(world.assignment(rollout, victim), Assigned::kTrial);
  EXPECT_EQ(world.plane().rollouts().at(rollout).waves.size(), 1u);
}

TEST(Rollout, ADeviceThatMakesNoProgressBlocksForADay) {
  World world;
  world.populate(4);
  RolloutPolicy policy;
  policy.canary_count = 2;
  const uint32_t rollout = world.start("pose", 2, policy);
  world.run(1);
  const std::string stuck = world.plane().assignments(rollout).begin()->first;
  ASSERT_TRUE(
      world.run_until([&] { return world.assignment(rollout, stuck) == Assigned::kTransferring; }));
  world.devices.at(stuck).stuck = true;
  world.run(1200);
  EXPECT_EQ(world.plane().rollouts().at(rollout).waves.size(), 1u);
  world.now = world.now + seconds(24 * 3600);
  world.connect();
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
}

TEST(Rollout, ANewKeysetRepeatsEveryOrder) {
  World world;
  world.populate(2);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const Directive before = world.plane().standing("pose", "mcu")->directive;
  world.config.keyset_epoch = 2;
  world.restart();
  world.run(2);
  const Directive& after = world.plane().standing("pose", "mcu")->directive;
  EXPECT_EQ(after.epoch, 2u);
  EXPECT_GT(after.seq, before.seq);
  EXPECT_EQ(after.release_digest, before.release_digest);
  world.run(60);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 2u);
}

TEST(Rollout, StandingDirectivesAreRenewedAtHalfLife) {
  World world;
  world.populate(1);
  RolloutPolicy policy;
  policy.expires_s = 4 * 3600;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  const Directive before = world.plane().standing("pose", "mcu")->directive;
  world.run(2 * 3600 + 60);
  const Directive& after = world.plane().standing("pose", "mcu")->directive;
  EXPECT_GT(after.seq, before.seq);
  EXPECT_GT(after.expires, before.expires);
  EXPECT_EQ(after.verb, before.verb);
  EXPECT_EQ(world.assignment(rollout, "d0"), Assigned::kConfirmed);
}

}  // namespace
}  // namespace flotilla::controller
