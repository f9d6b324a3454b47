#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

StartRollout command_for(uint32_t version) {
  StartRollout out;
  out.model = "pose";
  out.version = version;
  return out;
}

Code refused(World& world, const StartRollout& command) {
  const StepResult result = world.step(command);
  if (result.refusal) {
    EXPECT_FALSE(result.refusal->message.empty());
    EXPECT_FALSE(result.refusal->remedy.empty());
    EXPECT_EQ(result.created_rollout, 0u);
  }
  return result.refusal ? result.refusal->code : Code::kOk;
}

TEST(StartRollout, NamesWhatIsMissing) {
  World world;
  EXPECT_EQ(refused(world, command_for(1)), Code::kNotFound);
  world.publish("pose", 1, {"mcu"});
  world.define_class("linux");
  EXPECT_EQ(refused(world, command_for(2)), Code::kNotFound);
  StartRollout command = command_for(1);
  command.hardware_classes = {"linux"};
  EXPECT_EQ(refused(world, command), Code::kFailedPrecondition);
  command.hardware_classes = {"unheard-of"};
  EXPECT_EQ(refused(world, command), Code::kNotFound);
  EXPECT_TRUE(world.plane().rollouts().empty());
}

TEST(StartRollout, OneLiveRolloutForAModelAndClass) {
  World world;
  world.publish("pose", 1, {"mcu", "linux"});
  world.add_device("d1", "mcu", "pose", 0);
  world.enrol("d2", "linux");
  world.run(3);
  StartRollout mcu = command_for(1);
  mcu.hardware_classes = {"mcu", "mcu"};
  ASSERT_EQ(refused(world, mcu), Code::kOk);
  EXPECT_EQ(world.plane().rollouts().at(1).targets.size(), 1u);
  EXPECT_EQ(refused(world, command_for(1)), Code::kFailedPrecondition);
  StartRollout linux_only = command_for(1);
  linux_only.hardware_classes = {"linux"};
  EXPECT_EQ(refused(world, linux_only), Code::kOk) << "another class";
}

TEST(StartRollout, AnImageThatNoLongerFitsIsRefused) {
  World world;
  world.publish("pose", 1, {"mcu"});
  DefineClass smaller;
  smaller.definition.name = "mcu";
  smaller.definition.slot_size = 4095;
  ASSERT_FALSE(world.step(smaller).refusal);
  EXPECT_EQ(refused(world, command_for(1)), Code::kFailedPrecondition);
}

TEST(StartRollout, PolicyRanges) {
  World world;
  world.publish("pose", 1, {"mcu"});
  const std::vector<std::function<void(RolloutPolicy&)>> spoilers = {
      [](RolloutPolicy& p) { p.canary_percent = 0; },
      [](RolloutPolicy& p) { p.canary_percent = 101; },
      [](RolloutPolicy& p) { p.max_failure_percent = 101; },
      [](RolloutPolicy& p) { p.min_attempted = 0; },
      [](RolloutPolicy& p) { p.soak_s = UINT32_MAX; },
      [](RolloutPolicy& p) { p.trial_deadline_s = 0; },
      [](RolloutPolicy& p) { p.healthy_for_s = p.trial_deadline_s + 1; },
      [](RolloutPolicy& p) { p.trial_attempts = 0; },
      [](RolloutPolicy& p) { p.start_window_s = UINT32_MAX; },
      [](RolloutPolicy& p) { p.expires_s = 59; },
      [](RolloutPolicy& p) { p.expires_s = UINT32_MAX; },
  };
  for (size_t i = 0; i < spoilers.size(); ++i) {
    StartRollout command = command_for(1);
    spoilers[i](command.policy);
    EXPECT_EQ(refused(world, command), Code::kOutOfRange) << i;
  }
}

TEST(StartRollout, RemembersWhatARollbackReturnsTo) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  world.add_device("d1", "mcu", "pose", 1);
  world.run(3);
  const uint32_t first = world.start("pose", 2);
  EXPECT_EQ(world.plane().rollouts().at(first).targets[0].previous_version, 1u)
      << "measured, since no directive stood";
  ASSERT_TRUE(world.run_until_state(first, RolloutState::kCompleted));
  const uint32_t again = world.start("pose", 2);
  EXPECT_EQ(world.plane().rollouts().at(again).targets[0].previous_version, 1u)
      << "the same release is nothing to return to";
}

}  // namespace
}  // namespace flotilla::controller
