#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::Ending;
using testing::World;
using Assigned = AssignmentState;

/// Version 1 was rolled out to `count` devices; version 2 is published.
uint32_t settle_on_first(World& world, int count) {
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  for (int i = 0; i < count; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 0);
  world.run(5);
  const uint32_t rollout = world.start("pose", 1);
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  return rollout;
}

void make_bad(World& world, Ending how) {
  for (auto& [id, device] : world.devices) device.endings[world.image("pose", 2, "mcu")] = how;
}

std::vector<Verb> verbs_of(const World& world, uint32_t rollout) {
  std::vector<Verb> out;
  for (const Directive& directive : world.published) {
    if (directive.rollout == rollout) out.push_back(directive.verb);
  }
  return out;
}

TEST(Rollback, AFailingCanaryHaltsAndRollsBack) {
  World world;
  settle_on_first(world, 10);
  make_bad(world, Ending::kRevert);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.plane().assignments(rollout).size(), 1u) << "no more than the wave's cap";
  EXPECT_EQ(world.count(rollout, Assigned::kReverted), 1u);
  for (const auto& [id, device] : world.devices) {
    EXPECT_EQ(device.models.at("pose").active_digest, world.image("pose", 1, "mcu")) << id;
  }
  const std::vector<Verb> expected = {Verb::kInstall, Verb::kHold, Verb::kRollback};
  EXPECT_EQ(verbs_of(world, rollout), expected);
  const Directive& standing = world.plane().standing("pose", "mcu")->directive;
  EXPECT_EQ(standing.version, 1u);
  EXPECT_EQ(standing.cohort[0].high, UINT32_MAX);
}

TEST(Rollback, BringsConfirmedDevicesBack) {
  World world;
  settle_on_first(world, 8);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  for (const auto& [id, device] : world.devices) {
    EXPECT_EQ(device.models.at("pose").active_digest, world.image("pose", 1, "mcu")) << id;
    EXPECT_TRUE(world.plane().assignments(rollout).at(id).rolled_back) << id;
    EXPECT_EQ(world.assignment(rollout, id), Assigned::kConfirmed) << "how the install ended";
  }
  EXPECT_EQ(world.builds.back().bases[0], world.image("pose", 2, "mcu"));
}

TEST(Rollback, OfASecondWaveReachesEverybody) {
  World world;
  settle_on_first(world, 10);
  RolloutPolicy policy;
  policy.canary_count = 2;
  const uint32_t rollout = world.start("pose", 2, policy);
  std::set<std::string> canaries;
  for (const auto& [id, assignment] : world.plane().assignments(rollout)) canaries.insert(id);
  for (auto& [id, device] : world.devices) {
    if (canaries.count(id) == 0) device.endings[world.image("pose", 2, "mcu")] = Ending::kFail;
  }
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  for (const auto& [id, device] : world.devices) {
    EXPECT_EQ(device.models.at("pose").active_digest, world.image("pose", 1, "mcu")) << id;
  }
}

TEST(Rollback, WaitsForNobodyWhoIsSilent) {
  World world;
  settle_on_first(world, 6);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.devices.at("d4").silent = true;
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  world.run(60);
  EXPECT_EQ(world.state(rollout), RolloutState::kRollingBack);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_NE(world.reason(rollout).find("1 silent"), std::string::npos);
  world.devices.at("d4").silent = false;
  world.run(30);
  EXPECT_TRUE(world.plane().assignments(rollout).at("d4").rolled_back)
      << "the directive stands for who comes late";
}

TEST(Rollback, OfAFirstInstallLeavesTheHoldStanding) {
  World world;
  world.publish("pose", 1, {"mcu"});
  for (int i = 0; i < 5; ++i) {
    world.add_device(testing::device_name(i), "mcu", "pose", 0)
        .endings[world.image("pose", 1, "mcu")] = Ending::kRevert;
  }
  world.run(5);
  const uint32_t rollout = world.start("pose", 1);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.plane().standing("pose", "mcu")->directive.verb, Verb::kHold);
  for (const auto& [id, device] : world.devices) {
    EXPECT_TRUE(device.models.at("pose").active_digest.is_none()) << id;
  }
}

TEST(Rollback, OfAFirstInstallNamesWhoKeepsTheRelease) {
  World world;
  world.publish("pose", 1, {"mcu"});
  for (int i = 0; i < 6; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 0);
  world.devices.at("d0").stuck = true;
  world.run(5);
  RolloutPolicy policy;
  policy.canary_percent = 100;
  const uint32_t rollout = world.start("pose", 1, policy);
  ASSERT_TRUE(world.run_until([&] { return world.count(rollout, Assigned::kConfirmed) == 5; }));
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.reason(rollout), "1 device back from the release, 5 without a way back");
}

TEST(Rollback, ProgressThatIsToldLateOpensNoAssignmentAgain) {
  World world;
  world.publish("pose", 1, {"mcu"});
  for (int i = 0; i < 6; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 0);
  auto& late = world.devices.at("d0");
  late.stuck = true;
  world.run(5);
  RolloutPolicy policy;
  policy.canary_percent = 100;
  const uint32_t rollout = world.start("pose", 1, policy);
  ASSERT_TRUE(world.run_until([&] { return world.count(rollout, Assigned::kConfirmed) == 5; }));
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  ++late.models.at("pose").chunks_done;
  late.changed();
  world.run(60);
  EXPECT_EQ(world.plane().assignments(rollout).at("d0").state, Assigned::kExpired);
}

TEST(Rollback, DevicesInTransferStopToo) {
  World world;
  settle_on_first(world, 6);
  RolloutPolicy policy;
  policy.canary_percent = 100;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until([&] { return world.count(rollout, Assigned::kStaged) > 0; }));
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kHalt).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  for (const auto& [id, assignment] : world.plane().assignments(rollout)) {
    EXPECT_EQ(world.devices.at(id).models.at("pose").active_digest, world.image("pose", 1, "mcu"));
    EXPECT_FALSE(is_open(assignment.state)) << id;
  }
}

TEST(Rollback, HaltWithoutRollbackLeavesTheFleetAsItIs) {
  World world;
  settle_on_first(world, 10);
  make_bad(world, Ending::kReject);
  RolloutPolicy policy;
  policy.rollback_on_halt = false;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kHalted));
  world.run(600);
  EXPECT_EQ(world.state(rollout), RolloutState::kHalted);
  EXPECT_EQ(world.plane().standing("pose", "mcu")->directive.verb, Verb::kHold);
  EXPECT_TRUE(world.plane().transfers().empty()) << "its payloads left the broker";
}

TEST(Rollback, AFixCanFollowAHaltedRollout) {
  World world;
  settle_on_first(world, 4);
  make_bad(world, Ending::kReject);
  RolloutPolicy policy;
  policy.rollback_on_halt = false;
  const uint32_t bad = world.start("pose", 2, policy);
  ASSERT_TRUE(world.run_until_state(bad, RolloutState::kHalted));
  world.publish("pose", 3, {"mcu"});
  const uint32_t fix = world.start("pose", 3);
  EXPECT_EQ(world.plane().rollouts().at(fix).targets[0].previous_version, 1u)
      << "not the release that was halted";
  ASSERT_TRUE(world.run_until_state(fix, RolloutState::kCompleted));
  EXPECT_TRUE(world.operate(bad, RolloutVerb::kRollback).refusal) << "a later rollout stands";
}

TEST(Rollback, ADeviceThatCannotReturnIsNamedAndDoesNotBlock) {
  World world;
  settle_on_first(world, 4);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  world.devices.at("d2").endings[world.image("pose", 1, "mcu")] = Ending::kReject;
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.reason(rollout), "3 devices back from the release, 1 without a way back");
}

TEST(Rollback, IsNotOverBeforeTheOrderStands) {
  World world;
  settle_on_first(world, 4);
  make_bad(world, Ending::kRevert);
  const uint32_t rollout = world.start("pose", 2);
  world.build_failure = "no room";
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRollingBack));
  world.run(120);
  EXPECT_EQ(world.state(rollout), RolloutState::kRollingBack)
      << "nobody runs the release, but late devices would still be told to hold only";
  world.build_failure.clear();
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.plane().standing("pose", "mcu")->directive.verb, Verb::kRollback);
}

TEST(Rollback, AFailedBuildIsTriedAgain) {
  World world;
  settle_on_first(world, 3);
  const uint32_t rollout = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.build_failure = "no room";
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  world.run(60);
  EXPECT_EQ(world.state(rollout), RolloutState::kRollingBack);
  world.build_failure.clear();
  EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
}

}  // namespace
}  // namespace flotilla::controller
