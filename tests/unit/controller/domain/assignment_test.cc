#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;
using Assigned = AssignmentState;

/// A running rollout of version 2 to one hand-driven device that measured version 1.
class Truth : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.publish("pose", 1, {"mcu"});
    world_.publish("pose", 2, {"mcu"});
    world_.enrol("d1", "mcu");
    model_.model = Name("pose");
    model_.active_digest = image(1);
    say(UpdateState::kIdle, 1);
    RolloutPolicy policy;
    policy.max_failure_percent = 100;
    rollout_ = world_.start("pose", 2, policy);
    model_.rollout = rollout_;
    model_.directive = position();
  }

  Digest image(uint32_t version) { return world_.image("pose", version, "mcu"); }
  DirectivePosition position() {
    const Directive& directive = world_.plane().standing("pose", "mcu")->directive;
    return {directive.epoch, directive.seq};
  }

  /// One report: the state, and the version that is measured as active.
  void say(UpdateState state, uint32_t active, bool attested = false,
           Reason reason = Reason::kNone) {
    model_.state = state;
    model_.reason = reason;
    model_.active_digest = image(active);
    StateReported event;
    event.device = "d1";
    event.report.device = DeviceId("d1");
    event.report.hardware_class = Name("mcu");
    event.report.order = {1, 1, ++seq_};
    ASSERT_TRUE(event.report.models.push_back(model_));
    if (attested) event.attestations["pose"] = "signed";
    world_.step(event);
  }

  Assigned state() { return world_.assignment(rollout_, "d1"); }
  const Assignment& assignment() { return world_.plane().assignments(rollout_).at("d1"); }

  World world_;
  ModelState model_;
  uint32_t rollout_ = 0;
  uint64_t seq_ = 0;
};

TEST_F(Truth, FollowsTheDevice) {
  EXPECT_EQ(state(), Assigned::kPending);
  model_.rollout = 0;
  say(UpdateState::kIdle, 1);
  EXPECT_EQ(state(), Assigned::kOffered) << "accepted, not begun";
  model_.rollout = rollout_;
  model_.chunks_total = 9;
  model_.chunks_done = 4;
  model_.bytes_received = 4000;
  say(UpdateState::kTransferring, 1);
  EXPECT_EQ(state(), Assigned::kTransferring);
  EXPECT_EQ(assignment().chunks_done, 4u);
  EXPECT_EQ(assignment().bytes_received, 4000u);
  say(UpdateState::kStaged, 1);
  EXPECT_EQ(state(), Assigned::kStaged);
  say(UpdateState::kTrial, 1);
  EXPECT_EQ(state(), Assigned::kTrial);
  say(UpdateState::kConfirmed, 2, true);
  EXPECT_EQ(state(), Assigned::kConfirmed);
  EXPECT_EQ(world_.plane().devices().at("d1").models.at("pose").attestation, "signed");
}

TEST_F(Truth, ATrialIsNoSuccess) {
  say(UpdateState::kTrial, 1, true);
  EXPECT_EQ(state(), Assigned::kTrial);
}

TEST_F(Truth, ConfirmationNeedsAnAttestation) {
  model_.bytes_received = 100;
  say(UpdateState::kConfirmed, 2, false);
  EXPECT_EQ(state(), Assigned::kTrial);
  EXPECT_EQ(assignment().detail, "confirmed without a valid attestation");
  say(UpdateState::kConfirmed, 2, true);
  EXPECT_EQ(state(), Assigned::kConfirmed);
}

TEST_F(Truth, ConfirmationNeedsTheMeasuredImage) {
  say(UpdateState::kConfirmed, 1, true);
  EXPECT_EQ(state(), Assigned::kFailed);
}

TEST_F(Truth, AnotherDigestReopensWhatWasConfirmed) {
  say(UpdateState::kConfirmed, 2, true);
  say(UpdateState::kConfirmed, 1, true);
  EXPECT_EQ(state(), Assigned::kFailed);
  EXPECT_EQ(world_.audit().back().action, "assignment.failed");
  EXPECT_EQ(world_.audit().back().actor, "device:d1");
  say(UpdateState::kConfirmed, 2, true);
  EXPECT_EQ(state(), Assigned::kConfirmed) << "and late truth counts again";
}

TEST_F(Truth, AnotherDigestReopensAlsoAfterCompletion) {
  say(UpdateState::kConfirmed, 2, true);
  ASSERT_TRUE(world_.run_until_state(rollout_, RolloutState::kCompleted));
  model_.rollout = 0;
  say(UpdateState::kIdle, 1);
  EXPECT_EQ(state(), Assigned::kFailed);
  EXPECT_EQ(world_.state(rollout_), RolloutState::kCompleted);
}

TEST_F(Truth, FailuresKeepTheirReason) {
  model_.detail.assign_truncated("accuracy 0.2");
  say(UpdateState::kReverted, 1, true, Reason::kSelfTestFailed);
  EXPECT_EQ(state(), Assigned::kReverted);
  EXPECT_EQ(assignment().reason, Reason::kSelfTestFailed);
  EXPECT_EQ(assignment().detail, "accuracy 0.2");
}

TEST_F(Truth, GivingUpByOrderIsNoFailureOfTheRelease) {
  say(UpdateState::kTransferring, 1);
  say(UpdateState::kFailed, 1, false, Reason::kSuperseded);
  EXPECT_EQ(state(), Assigned::kPending);
}

TEST_F(Truth, ARetryReopensAFailure) {
  say(UpdateState::kFailed, 1, false, Reason::kStorageError);
  EXPECT_EQ(state(), Assigned::kFailed);
  say(UpdateState::kTransferring, 1);
  EXPECT_EQ(state(), Assigned::kTransferring);
}

TEST_F(Truth, AReportAboutAnotherRolloutIsNotAboutThisOne) {
  model_.rollout = rollout_ + 5;
  say(UpdateState::kConfirmed, 1, true);
  EXPECT_EQ(state(), Assigned::kOffered) << "it has the directive and has not begun";
  model_.rollout = rollout_;
  model_.directive.seq += 100;
  say(UpdateState::kReverted, 1, true);
  EXPECT_EQ(state(), Assigned::kOffered) << "a directive that this controller never issued";
  EXPECT_EQ(world_.plane().counters().positions_ahead, 1u);
}

TEST_F(Truth, NumbersCatchUpWithAFleetThatKnowsMoreThanThisCopy) {
  const auto issued_next = [&](RolloutVerb verb) {
    world_.published.clear();
    EXPECT_FALSE(world_.step(OperateRollout{rollout_, verb, "looked at"}).refusal);
    world_.run(1);
    return world_.published.empty() ? 0 : world_.published.back().seq;
  };
  model_.directive.seq += 100;
  say(UpdateState::kIdle, 1);
  EXPECT_EQ(world_.audit().back().action, "directive.numbers_ahead");
  const uint64_t next = issued_next(RolloutVerb::kHold);
  EXPECT_EQ(next, model_.directive.seq + 1);
  model_.directive.seq = UINT64_MAX - 1;
  say(UpdateState::kIdle, 1);
  EXPECT_EQ(issued_next(RolloutVerb::kResume), next + 1) << "a device cannot use the numbers up";
}

TEST_F(Truth, ALostJournalStartsOver) {
  say(UpdateState::kStaged, 1);
  model_.rollout = 0;
  model_.directive = {};
  say(UpdateState::kIdle, 1);
  EXPECT_EQ(state(), Assigned::kPending);
}

TEST_F(Truth, AlreadyRunningNeedsNoAttestation) {
  say(UpdateState::kIdle, 2);
  EXPECT_EQ(state(), Assigned::kConfirmed);
  EXPECT_EQ(assignment().detail, "already running");
}

TEST_F(Truth, ReplaysChangeNothing) {
  say(UpdateState::kTransferring, 1);
  say(UpdateState::kConfirmed, 2, true);
  const auto rows = world_.store.rows;
  seq_ = 1;
  say(UpdateState::kTransferring, 1);
  EXPECT_EQ(world_.store.rows, rows);
}

TEST_F(Truth, RetirementEndsTheAssignment) {
  say(UpdateState::kTransferring, 1);
  world_.step(RetireDevice{"d1"});
  EXPECT_EQ(state(), Assigned::kExpired);
}

TEST(Assignment, AReportUnderAnOlderDirectiveOfTheRolloutCounts) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.publish("pose", 2, {"mcu"});
  world.add_device("d1", "mcu", "pose", 1);
  world.add_device("d2", "mcu", "pose", 1);
  world.run(5);
  RolloutPolicy policy;
  policy.canary_count = 2;
  const uint32_t rollout = world.start("pose", 2, policy);
  ASSERT_TRUE(
      world.run_until([&] { return world.assignment(rollout, "d1") == Assigned::kTransferring; }));
  testing::ScriptedDevice& device = world.devices.at("d1");
  device.silent = true;
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  ASSERT_GT(world.plane().standing("pose", "mcu")->directive.seq,
            device.models.at("pose").directive.seq);
  device.models.at("pose").state = UpdateState::kTrial;
  device.changed();
  world.step(device.report());
  EXPECT_EQ(world.assignment(rollout, "d1"), Assigned::kTrial);
}

}  // namespace
}  // namespace flotilla::controller
