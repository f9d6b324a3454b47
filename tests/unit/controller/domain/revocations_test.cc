// What a revocation says to devices, and what their answers mean.

#include "controller/domain/revocations.h"

#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;
using Assigned = AssignmentState;
using Digests = std::vector<Digest>;

class RevocationsTest : public ::testing::Test {
 protected:
  /// Versions 1 to `last` are rolled out to three devices, one after the other.
  uint32_t roll_out(uint32_t last) {
    uint32_t rollout = 0;
    for (uint32_t version = 1; version <= last; ++version) world.publish("pose", version, {"mcu"});
    for (int i = 0; i < 3; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 0);
    world.run(5);
    for (uint32_t version = 1; version <= last; ++version) {
      rollout = world.start("pose", version);
      EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
    }
    world.run(60);
    return rollout;
  }
  void revoke(uint32_t version) {
    const ChangeRelease command{"pose", version, {"mcu"}, ReleaseState::kRevoked, "bad", {}};
    ASSERT_FALSE(world.step(command, "olga").refusal);
    world.now = world.now + seconds(1);
  }
  Digest image(uint32_t version) { return world.image("pose", version, "mcu"); }
  const StandingDirective& standing() { return *world.plane().standing("pose", "mcu"); }
  bool told(const std::string& action, const std::string& detail) {
    for (const AuditEntry& entry : world.audit()) {
      if (entry.action == action && entry.detail.find(detail) != std::string::npos) return true;
    }
    return false;
  }
  /// As a device does by itself (docs/spec/protocol.md, "Revoked").
  void go_back(const std::string& device, uint32_t version) {
    testing::ScriptedDevice& went = world.devices.at(device);
    ModelState& model = went.models.at("pose");
    model.active_digest = image(version);
    model.rollout = 0;
    model.state = UpdateState::kConfirmed;
    went.changed();
  }

  World world;
};

TEST_F(RevocationsTest, TheStandingDirectiveIsIssuedAgainAsAHoldThatNamesTheImage) {
  const uint32_t rollout = roll_out(2);
  const size_t before = world.published.size();
  revoke(2);
  ASSERT_EQ(world.published.size(), before + 1);
  const Directive& directive = world.published.back();
  EXPECT_EQ(directive.verb, Verb::kHold);
  EXPECT_EQ(directive.rollout, rollout);
  EXPECT_TRUE(directive.offers.empty());
  EXPECT_TRUE(directive.revoked.empty()) << "a record borrows nothing";
  EXPECT_EQ(world.revoked, Digests{image(2)});
  EXPECT_EQ(standing().revoked, Digests{image(2)});
  EXPECT_EQ(world.state(rollout), RolloutState::kCompleted);
  EXPECT_TRUE(told("directive.issued", "; revoked: version 2"));
  world.run(3600);
  EXPECT_EQ(world.published.size(), before + 1) << "once is enough";
  EXPECT_TRUE(world.retained.transfers.empty()) << "and its payloads are gone";
}

TEST_F(RevocationsTest, ARevokedVersionThatNoRolloutOrderedIsNoNews) {
  world.publish("pose", 1, {"mcu"});
  revoke(1);
  EXPECT_TRUE(world.published.empty());
  EXPECT_EQ(world.plane().standing("pose", "mcu"), nullptr);
  roll_out(0);
  world.publish("pose", 2, {"mcu"});
  world.publish("pose", 3, {"mcu"});
  ASSERT_TRUE(world.run_until_state(world.start("pose", 2), RolloutState::kCompleted));
  const size_t before = world.published.size();
  revoke(3);
  EXPECT_EQ(world.published.size(), before);
}

TEST_F(RevocationsTest, LaterDirectivesNameItToo) {
  roll_out(2);
  revoke(2);
  world.publish("pose", 3, {"mcu"});
  const uint32_t rollout = world.start("pose", 3);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  EXPECT_EQ(world.published.back().rollout, rollout);
  EXPECT_EQ(world.revoked, Digests{image(2)});
  world.revoked.clear();
  world.restart();
  EXPECT_EQ(world.revoked, Digests{image(2)});
  revoke(3);
  EXPECT_EQ(world.revoked, (Digests{image(3), image(2)}));
}

TEST_F(RevocationsTest, TheNinthRevocationDropsTheOldest) {
  roll_out(10);
  for (uint32_t version = 1; version <= 9; ++version) revoke(version);
  Digests expected;
  for (uint32_t version = 9; version >= 2; --version) expected.push_back(image(version));
  EXPECT_EQ(world.revoked, expected);
  EXPECT_EQ(standing().directive.verb, Verb::kInstall) << "version 10 stands";
}

TEST_F(RevocationsTest, BytesThatAnotherVersionMayRunAreNotTakenFromIt) {
  roll_out(2);
  ModelVersion twin = world.plane().models().at("pose").at(2);
  twin.version = 3;
  twin.label = "twin";
  twin.variants[0].golden_digest = world.hasher.of("vectors");
  twin.variants[0].release_digest = world.hasher.of("twin");
  ASSERT_FALSE(world.step(RegisterVersion{twin}, "ci").refusal);
  revoke(2);
  EXPECT_TRUE(standing().revoked.empty());
  revoke(3);
  EXPECT_EQ(standing().revoked, Digests{image(2)});
}

TEST_F(RevocationsTest, OfTooManyThoseThatDevicesHoldAreNamed) {
  roll_out(kMaxRevoked + 2);
  testing::ScriptedDevice& away = world.devices.at(testing::device_name(0));
  away.models.at("pose").spare_digest = image(1);
  away.changed();
  world.run(60);
  for (uint32_t version = 1; version <= kMaxRevoked + 1; ++version) revoke(version);
  const Digests& named = standing().revoked;
  EXPECT_EQ(named.size(), kMaxRevoked);
  EXPECT_NE(std::find(named.begin(), named.end(), image(1)), named.end()) << "the oldest";
}

TEST_F(RevocationsTest, AnotherClassIsNotConcerned) {
  for (const char* name : {"mcu", "cam"}) world.define_class(name);
  world.publish("pose", 1, {"mcu", "cam"});
  world.add_device("a", "mcu", "pose", 0);
  world.add_device("b", "cam", "pose", 0);
  world.run(5);
  ASSERT_TRUE(world.run_until_state(world.start("pose", 1), RolloutState::kCompleted));
  revoke(1);
  EXPECT_EQ(standing().directive.verb, Verb::kHold);
  EXPECT_EQ(world.plane().standing("pose", "cam")->directive.verb, Verb::kInstall);
  EXPECT_TRUE(world.plane().standing("pose", "cam")->revoked.empty());
}

TEST_F(RevocationsTest, DevicesThatGoBackByThemselvesAreNoFailures) {
  const uint32_t rollout = roll_out(2);
  revoke(2);
  for (int i = 0; i < 2; ++i) go_back(testing::device_name(i), 1);
  world.run(60);
  EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 3u);
  EXPECT_EQ(world.state(rollout), RolloutState::kCompleted);
  const auto& assignments = world.plane().assignments(rollout);
  EXPECT_TRUE(assignments.at(testing::device_name(0)).rolled_back);
  EXPECT_TRUE(assignments.at(testing::device_name(1)).rolled_back);
  EXPECT_FALSE(assignments.at(testing::device_name(2)).rolled_back);
  EXPECT_TRUE(told("assignment.rolled_back", "the version was revoked"));
  const Device& device = world.plane().devices().at(testing::device_name(0));
  EXPECT_EQ(device.models.at("pose").reported.active_digest, image(1));
}

TEST_F(RevocationsTest, NothingReturnsToARevokedVersion) {
  const uint32_t rollout = roll_out(2);
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  ASSERT_EQ(standing().directive.verb, Verb::kRollback);
  revoke(1);
  EXPECT_EQ(standing().directive.verb, Verb::kHold);
  EXPECT_EQ(standing().directive.version, 2u);
  EXPECT_EQ(world.revoked, Digests{image(1)});
}

TEST_F(RevocationsTest, ARollbackWhoseVersionIsRevokedOnTheWayEnds) {
  const uint32_t rollout = roll_out(2);
  for (auto& [id, device] : world.devices) device.stuck = true;
  ASSERT_FALSE(world.operate(rollout, RolloutVerb::kRollback).refusal);
  ASSERT_TRUE(world.run_until([&] { return standing().directive.verb == Verb::kRollback; }));
  world.run(30);
  ASSERT_EQ(world.state(rollout), RolloutState::kRollingBack);
  revoke(1);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kRolledBack));
  EXPECT_NE(world.reason(rollout).find("without a way back"), std::string::npos);
}

TEST_F(RevocationsTest, ARolloutOnItsWayIsHaltedAndSaysWhy) {
  roll_out(2);
  world.publish("pose", 3, {"mcu"});
  for (auto& [id, device] : world.devices) device.stuck = true;
  const uint32_t rollout = world.start("pose", 3);
  ASSERT_TRUE(world.run_until([&] { return standing().directive.rollout == rollout; }));
  world.run(30);
  revoke(3);
  EXPECT_EQ(world.revoked, Digests{image(3)});
  EXPECT_TRUE(told("rollout.halted", "version 3 was revoked on mcu"));
  EXPECT_NE(standing().directive.verb, Verb::kInstall);
}

}  // namespace
}  // namespace flotilla::controller
