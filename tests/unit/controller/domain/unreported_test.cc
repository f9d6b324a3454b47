#include <gtest/gtest.h>

#include "controller/domain/bounds.h"
#include "tests/support/controller_world.h"

/// Devices that are enrolled and have never reported: debt of a rollout, neither there nor gone.
namespace flotilla::controller {
namespace {

using testing::Ending;
using testing::World;
using Assigned = AssignmentState;

/// `count` devices of class mcu that run version 1 of pose, none of which has spoken yet.
void enrol_silent(World& world, int count) {
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  for (int i = 0; i < count; ++i)
    world.add_device(testing::device_name(i), "mcu", "pose", 1).silent = true;
}

TEST(Unreported, ARolloutBeforeTheFirstReportWaitsAndIsFinishedByTheFleet) {
  World world;
  enrol_silent(world, 10);
  const uint32_t rollout = world.start("pose", 2);
  world.run(1200);
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
  EXPECT_EQ(world.count(rollout, Assigned::kPending), 1u) << "the canary, as debt";
  EXPECT_EQ(world.reason(rollout),
            "wave 0: 0 of the wave's 1 device tried, 1 needed; 1 have not reported yet");
  ASSERT_NE(world.plane().standing("pose", "mcu"), nullptr) << "late devices find the order";
  for (auto& [id, device] : world.devices) device.silent = false;
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 10u);
}

TEST(Unreported, TheCanaryGoesToWhoIsThere) {
  World world;
  enrol_silent(world, 10);
  for (int i = 5; i < 10; ++i) world.devices.at(testing::device_name(i)).silent = false;
  world.run(5);
  RolloutPolicy policy;
  policy.canary_count = 3;
  policy.soak_s = 60;
  const uint32_t rollout = world.start("pose", 2, policy);
  world.run(30);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 3u);
  for (auto& [id, device] : world.devices) device.silent = false;
  world.run(5);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 3u)
      << "who comes on line does not stretch the canary beyond its cap";
}

TEST(Unreported, TheCanaryLeavesOutWhoFellSilent) {
  World world;
  world.populate(10);
  world.run(5);
  RolloutPolicy policy;
  policy.canary_count = 3;
  const uint32_t first = world.start("pose", 2, policy);
  std::set<std::string> drawn;
  for (const auto& [id, assignment] : world.plane().assignments(first)) drawn.insert(id);
  ASSERT_EQ(drawn.size(), 3u);
  ASSERT_TRUE(world.run_until_state(first, RolloutState::kCompleted));
  // The same salt would draw the same devices: now they are silent, and the others are not.
  for (const std::string& id : drawn) world.devices.at(id).silent = true;
  world.run(kSilentAfter.ms / 1000 + 1);
  world.publish("pose", 3, {"mcu"});
  const uint32_t second = world.start("pose", 3, policy);
  EXPECT_EQ(world.plane().assignments(second).size(), 3u);
  for (const auto& [id, assignment] : world.plane().assignments(second)) {
    EXPECT_EQ(drawn.count(id), 0u) << id << " is silent: it is debt, and no canary";
  }
}

TEST(Unreported, ACanaryThatNeverComesIsReplacedByTheFirstWhoDoes) {
  World world;
  enrol_silent(world, 4);
  const uint32_t rollout = world.start("pose", 2);
  world.run(10);
  const std::string chosen = world.plane().assignments(rollout).begin()->first;
  for (auto& [id, device] : world.devices) device.silent = id == chosen;
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.run(60);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 3u);
  EXPECT_EQ(world.assignment(rollout, chosen), Assigned::kPending);
  EXPECT_NE(world.reason(rollout).find("1 have not reported yet"), std::string::npos)
      << world.reason(rollout);
  world.devices.at(chosen).silent = false;
  world.run(60);
  EXPECT_EQ(world.assignment(rollout, chosen), Assigned::kConfirmed);
}

TEST(Unreported, AReplacedCanaryStillStopsABadVersion) {
  World world;
  enrol_silent(world, 6);
  const uint32_t rollout = world.start("pose", 2);
  world.run(10);
  const std::string chosen = world.plane().assignments(rollout).begin()->first;
  for (auto& [id, device] : world.devices) {
    device.endings[world.image("pose", 2, "mcu")] = Ending::kRevert;
    device.silent = id == chosen;
  }
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_EQ(world.count(rollout, Assigned::kReverted), 1u) << "one canary, not five";
}

TEST(Unreported, TheRestOfTheFleetIsDebtOfTheLastWaveAndHoldsNothingUp) {
  World world;
  enrol_silent(world, 6);
  for (int i = 0; i < 2; ++i) world.devices.at(testing::device_name(i)).silent = false;
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  world.run(60);
  EXPECT_EQ(world.state(rollout), RolloutState::kCompleted) << world.reason(rollout);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 2u);
  EXPECT_EQ(world.count(rollout, Assigned::kPending), 4u);
  EXPECT_NE(world.reason(rollout).find("4 have not reported yet"), std::string::npos)
      << world.reason(rollout);
}

TEST(Unreported, WhoTurnsOutNotToServeTheModelLeavesTheRollout) {
  World world;
  enrol_silent(world, 2);
  RolloutPolicy all;
  all.canary_percent = 100;
  const uint32_t rollout = world.start("pose", 2, all);
  ASSERT_EQ(world.count(rollout, Assigned::kPending), 2u);
  world.devices.at("d0").models.clear();
  for (auto& [id, device] : world.devices) device.silent = false;
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 1u);
  EXPECT_EQ(world.assignment(rollout, "d1"), Assigned::kConfirmed);
  EXPECT_EQ(world.audit_summary().count("assignment.withdrawn rollout/1/device/d0"), 1u);
  world.restart();
  EXPECT_EQ(world.plane().assignments(rollout).size(), 1u) << "it is gone from the store, too";
}

TEST(Unreported, ARestartForgetsNoDebt) {
  World world;
  enrol_silent(world, 4);
  const uint32_t rollout = world.start("pose", 2);
  world.run(10);
  world.restart();
  world.run(400);
  EXPECT_EQ(world.state(rollout), RolloutState::kRunning);
  EXPECT_EQ(world.count(rollout, Assigned::kPending), 1u);
  world.devices.begin()->second.silent = false;
  std::prev(world.devices.end())->second.silent = false;
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted)) << world.reason(rollout);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 2u);
}

TEST(Unreported, ARolloutThatCanMoveNobodyIsRefused) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.publish("vad", 1, {"mcu"});
  StartRollout command;
  command.model = "pose";
  command.version = 1;
  StepResult result = world.step(command);
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->code, Code::kFailedPrecondition);
  EXPECT_EQ(result.refusal->message, "no device of class mcu is enrolled");
  world.add_device("d1", "mcu", "vad", 0);
  world.run(3);
  result = world.step(command);
  ASSERT_TRUE(result.refusal);
  EXPECT_NE(result.refusal->message.find("none of the 1 devices of class mcu"), std::string::npos)
      << result.refusal->message;
  EXPECT_TRUE(world.plane().rollouts().empty());
}

}  // namespace
}  // namespace flotilla::controller
