#include <gtest/gtest.h>

#include "controller/domain/names.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::Ending;
using testing::World;
using State = RolloutState;

/// A world whose rollout 1 is in the wanted state, and rollout 1's number.
class Stage {
 public:
  explicit Stage(State wanted) {
    world.publish("pose", 1, {"mcu"});
    world.publish("pose", 2, {"mcu"});
    for (int i = 0; i < 4; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 1);
    world.run(5);
    world.building = wanted != State::kPreparing && wanted != State::kCancelled;
    RolloutPolicy policy;
    policy.rollback_on_halt = false;
    rollout = world.start("pose", 2, policy);
    move_to(wanted);
    EXPECT_EQ(world.state(rollout), wanted) << state_name(wanted);
  }

  World world;
  uint32_t rollout = 0;

 private:
  void move_to(State wanted) {
    switch (wanted) {
      case State::kDraft:
      case State::kPreparing:
        return;
      case State::kRunning:
        return world.run(2);
      case State::kHolding:
        return give(RolloutVerb::kHold);
      case State::kCompleted:
        EXPECT_TRUE(world.run_until_state(rollout, State::kCompleted));
        return;
      case State::kHalted:
        return give(RolloutVerb::kHalt);
      case State::kRollingBack:
        world.building = false;
        return give(RolloutVerb::kRollback);
      case State::kRolledBack:
        give(RolloutVerb::kRollback);
        EXPECT_TRUE(world.run_until_state(rollout, State::kRolledBack));
        return;
      case State::kCancelled:
        return give(RolloutVerb::kCancel);
    }
  }

  void give(RolloutVerb verb) { EXPECT_FALSE(world.operate(rollout, verb).refusal); }
};

struct Row {
  State from;
  /// State after hold, resume, halt, rollback, cancel; nothing: refused.
  std::optional<State> after[5];
};

constexpr std::nullopt_t kNo = std::nullopt;

const Row kTable[] = {
    {State::kPreparing, {kNo, kNo, kNo, kNo, State::kCancelled}},
    {State::kRunning, {State::kHolding, State::kRunning, State::kHalted, State::kRollingBack, kNo}},
    {State::kHolding, {State::kHolding, State::kRunning, State::kHalted, State::kRollingBack, kNo}},
    {State::kCompleted, {kNo, kNo, kNo, State::kRollingBack, kNo}},
    {State::kHalted, {kNo, kNo, State::kHalted, State::kRollingBack, State::kCancelled}},
    {State::kRollingBack, {kNo, kNo, kNo, State::kRollingBack, State::kCancelled}},
    {State::kRolledBack, {kNo, kNo, kNo, State::kRolledBack, kNo}},
    {State::kCancelled, {kNo, kNo, kNo, kNo, State::kCancelled}},
};

constexpr RolloutVerb kVerbs[] = {RolloutVerb::kHold, RolloutVerb::kResume, RolloutVerb::kHalt,
                                  RolloutVerb::kRollback, RolloutVerb::kCancel};

TEST(Verbs, EveryStateAndEveryVerb) {
  for (const Row& row : kTable) {
    for (size_t i = 0; i < std::size(kVerbs); ++i) {
      SCOPED_TRACE(std::string(state_name(row.from)) + " " + verb_name(kVerbs[i]));
      Stage stage(row.from);
      const StepResult result = stage.world.operate(stage.rollout, kVerbs[i]);
      EXPECT_EQ(result.refusal.has_value(), !row.after[i].has_value());
      EXPECT_EQ(stage.world.state(stage.rollout), row.after[i].value_or(row.from));
      if (!result.refusal) continue;
      EXPECT_EQ(result.refusal->code, Code::kFailedPrecondition);
      EXPECT_NE(result.refusal->message.find(state_name(row.from)), std::string::npos);
      EXPECT_FALSE(result.refusal->remedy.empty());
    }
  }
}

TEST(Verbs, AnUnknownRolloutIsNotFound) {
  World world;
  EXPECT_EQ(world.operate(9, RolloutVerb::kHold).refusal->code, Code::kNotFound);
}

TEST(Verbs, RepeatingOneChangesNothing) {
  Stage stage(State::kHolding);
  const auto rows = stage.world.store.rows;
  EXPECT_TRUE(stage.world.operate(stage.rollout, RolloutVerb::kHold).writes.empty());
  EXPECT_EQ(stage.world.store.rows, rows);
}

TEST(Verbs, HoldStopsNewStartsAndResumeGoesOn) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  for (int i = 0; i < 6; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 1);
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  world.run(3);
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kHold).refusal);
  EXPECT_EQ(world.plane().standing("pose", "mcu")->directive.verb, Verb::kHold);
  const size_t transfers = world.plane().transfers().size();
  world.run(1800);
  EXPECT_EQ(world.plane().assignments(rollout).size(), 1u);
  EXPECT_EQ(world.plane().transfers().size(), transfers) << "they stay for the resume";
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kResume).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, State::kCompleted));
  world.run(60);
  EXPECT_EQ(world.count(rollout, AssignmentState::kConfirmed), 6u);
}

TEST(Verbs, HaltRollsBackWhenThePolicySaysSo) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  for (int i = 0; i < 3; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 1);
  world.run(5);
  const uint32_t rollout = world.start("pose", 2);
  const StepResult result = world.operate(rollout, RolloutVerb::kHalt);
  EXPECT_EQ(world.state(rollout), State::kRollingBack);
  bool held = false;
  for (const Effect& effect : result.effects) {
    const auto* publish = std::get_if<PublishDirective>(&effect);
    held |= publish != nullptr && publish->directive.verb == Verb::kHold;
  }
  EXPECT_TRUE(held) << "the fleet stops in the same step";
}

}  // namespace
}  // namespace flotilla::controller
