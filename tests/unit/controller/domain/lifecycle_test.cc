#include "controller/domain/lifecycle.h"

#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

class Governed : public ::testing::Test {
 protected:
  using State = ReleaseState;

  /// One validator's evidence, two approvals.
  void set_policy(uint32_t evidence = 1, uint32_t approvals = 2,
                  std::vector<std::string> approvers = {}) {
    Policy policy;
    policy.model = "pose*";
    policy.hardware_class = "cam";
    policy.evidence = evidence;
    policy.approvals = approvals;
    policy.approvers = std::move(approvers);
    ASSERT_FALSE(world.step(SetPolicy{policy}, "root").refusal);
  }

  State state(const std::string& hardware_class = "cam") {
    return world.plane().release_state("pose", 1, hardware_class);
  }

  std::optional<Refusal> validate(const std::string& by, std::vector<Findings> findings = {}) {
    return world
        .step(PostEvidence{"pose",
                           1,
                           {"cam"},
                           world.hasher.of("report"),
                           {{"f1", "0.9"}},
                           std::move(findings)},
              by)
        .refusal;
  }

  std::optional<Refusal> approve(const std::string& by, uint64_t key = 0) {
    ApprovalRecord approval;
    approval.hardware_class = "cam";
    approval.key = key;
    return world.step(Approve{"pose", 1, {approval}, {}}, by).refusal;
  }

  std::optional<Refusal> change(State to, const std::string& by = "olga",
                                std::vector<std::string> classes = {"cam"}) {
    return world.step(ChangeRelease{"pose", 1, std::move(classes), to, "because", {}}, by).refusal;
  }

  std::optional<Refusal> roll_out(bool emergency = false) {
    StartRollout command;
    command.model = "pose";
    command.version = 1;
    command.hardware_classes = {"cam"};
    command.emergency = emergency;
    return world.step(command, "olga").refusal;
  }

  World world;
};

TEST_F(Governed, WithoutAPolicyAVersionIsReleasedAsItIsPushed) {
  world.publish("pose", 1, {"cam"});
  EXPECT_EQ(state(), State::kReleased);
  world.enrol("d1", "cam");
  EXPECT_FALSE(roll_out());
  EXPECT_EQ(world.plane().lifecycle("pose", 1), nullptr);
  set_policy();
  EXPECT_EQ(state(), State::kReleased) << "a later policy does not take it back";
}

TEST_F(Governed, StepByStepToTheRelease) {
  set_policy();
  world.publish("pose", 1, {"cam", "npu"});  // by alice
  world.enrol("d1", "cam");
  EXPECT_EQ(state(), State::kDraft);
  EXPECT_EQ(state("npu"), State::kReleased) << "the policy is for cam";
  EXPECT_EQ(roll_out()->rule, "not_released");
  EXPECT_EQ(approve("bob")->rule, "policy_unmet") << "not validated yet";
  EXPECT_FALSE(validate("vera"));
  EXPECT_EQ(state(), State::kValidated);
  EXPECT_FALSE(approve("bob"));
  EXPECT_EQ(state(), State::kValidated);
  EXPECT_EQ(change(State::kReleased)->rule, "policy_unmet");
  EXPECT_FALSE(approve("carol"));
  EXPECT_EQ(state(), State::kApproved);
  EXPECT_EQ(roll_out()->rule, "not_released");
  EXPECT_FALSE(change(State::kReleased));
  EXPECT_EQ(state(), State::kReleased);
  EXPECT_FALSE(roll_out());
  world.restart();
  EXPECT_EQ(state(), State::kReleased);
  const auto log = world.audit_summary();
  for (const char* action : {"version.draft", "version.evidence", "version.validated",
                             "version.approved", "version.released"}) {
    EXPECT_EQ(log.count(std::string(action) + " model/pose/1"), 1u) << action;
  }
  EXPECT_EQ(log.count("version.approval model/pose/1"), 2u);
}

TEST_F(Governed, TheAuthorCountsForNothing) {
  set_policy();
  world.publish("pose", 1, {"cam"});
  EXPECT_EQ(validate("alice")->rule, "own_version");
  ASSERT_FALSE(validate("vera"));
  EXPECT_EQ(approve("alice")->rule, "own_version");
  EXPECT_EQ(state(), State::kValidated);
}

TEST_F(Governed, WhoRevisedTheDocumentIsAnAuthorToo) {
  set_policy(0, 1);
  world.publish("pose", 1, {"cam"});
  DocumentRevision revision;
  revision.model = "pose";
  revision.version = 1;
  revision.revision = 1;
  revision.document = "{}";
  revision.document_digest = world.hasher.of("{}");
  revision.previous = world.plane().models().at("pose").at(1).document_digest;
  ASSERT_FALSE(world.step(ReviseDocument{revision}, "bob").refusal);
  EXPECT_EQ(approve("bob")->rule, "own_version");
  EXPECT_FALSE(approve("carol"));
}

TEST_F(Governed, APersonAndAKeyCountOnce) {
  set_policy();
  world.publish("pose", 1, {"cam"});
  ASSERT_FALSE(validate("vera"));
  EXPECT_FALSE(approve("bob", 7));
  EXPECT_FALSE(approve("bob", 8)) << "another key of the same person";
  const Digest& release = world.plane().models().at("pose").at(1).variants.at(0).release_digest;
  ASSERT_EQ(world.plane().approvals(release).size(), 1u) << "devices count keys";
  EXPECT_EQ(world.plane().approvals(release).begin()->first, 8u) << "the newer one";
  EXPECT_EQ(state(), State::kValidated);
  EXPECT_EQ(approve("carol", 8)->code, Code::kAlreadyExists) << "bob's key";
  EXPECT_EQ(state(), State::kValidated);
  EXPECT_FALSE(approve("carol", 9));
  EXPECT_EQ(state(), State::kApproved);
}

TEST_F(Governed, OnlyNamedApproversCountWhenThereAreAny) {
  set_policy(0, 1, {"carol", "dora"});
  world.publish("pose", 1, {"cam"});
  EXPECT_FALSE(approve("bob"));
  EXPECT_EQ(state(), State::kValidated) << "no evidence is asked for; bob does not count";
  EXPECT_FALSE(approve("dora"));
  EXPECT_EQ(state(), State::kApproved);
}

TEST_F(Governed, EveryPolicyHoldsAndARefusalNamesEachRule) {
  set_policy(1, 1);
  Policy other;
  other.hardware_class = "*";
  other.approvals = 2;
  ASSERT_FALSE(world.step(SetPolicy{other}).refusal);
  Token carol;
  carol.id = "carol-1";
  carol.name = carol.identity = "carol";
  carol.secret_hash = world.hasher.of("carol");
  carol.grants = {{Role::kApprover, {"pose", "cam", "", ""}}};
  ASSERT_FALSE(world.step(AddToken{carol}).refusal);
  world.publish("pose", 1, {"cam"});
  const auto refusal = change(State::kReleased);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, "policy_unmet");
  ASSERT_EQ(refusal->failed.size(), 3u) << refusal->message;
  EXPECT_EQ(refusal->failed[0].rule, "evidence");
  EXPECT_EQ(refusal->failed[1].rule, "approvals");
  EXPECT_EQ(refusal->failed[1].who, std::vector<std::string>{"carol"});
  EXPECT_NE(refusal->message.find("asked for 2 by people other than the author alice, found 0"),
            std::string::npos)
      << refusal->message;
}

TEST_F(Governed, WhatTheDocumentDoesNotMeetHoldsItBack) {
  Policy policy;
  policy.require = {"metric.f1 >= 0.9"};
  ASSERT_FALSE(world.step(SetPolicy{policy}).refusal);
  world.publish("pose", 1, {"cam"});
  EXPECT_EQ(change(State::kReleased)->rule, "policy_unmet") << "nobody has looked";
  ChangeRelease command{"pose", 1, {"cam"}, State::kReleased, "", {}};
  command.findings = {{"cam", {{"require metric.f1 >= 0.9", "", "metric.f1 = 0.8", {}}}}};
  EXPECT_EQ(world.step(command).refusal->failed.size(), 1u);
  command.findings = {{"cam", {}}};
  EXPECT_FALSE(world.step(command).refusal);
  EXPECT_EQ(state(), State::kReleased) << "nothing more was asked for";
}

TEST_F(Governed, ARevisedDocumentIsADraftAgain) {
  set_policy();
  world.publish("pose", 1, {"cam"});
  ASSERT_FALSE(validate("vera"));
  ASSERT_FALSE(approve("bob"));
  ReviseDocument revise;
  revise.revision.model = "pose";
  revise.revision.version = 1;
  revise.revision.revision = 1;
  revise.revision.document = "{}";
  revise.revision.document_digest = world.hasher.of("{}");
  ASSERT_FALSE(world.step(revise).refusal);
  EXPECT_EQ(state(), State::kDraft);
  EXPECT_TRUE(world.plane().lifecycle("pose", 1)->approvals.empty());
  EXPECT_TRUE(world.plane().lifecycle("pose", 1)->evidence.empty());
}

TEST_F(Governed, DeprecatedIsForEmergenciesOnly) {
  world.publish("pose", 1, {"cam"});
  world.enrol("d1", "cam");
  ASSERT_FALSE(change(State::kDeprecated));
  EXPECT_EQ(roll_out()->rule, "not_released");
  EXPECT_FALSE(roll_out(true));
  bool told = false;
  for (const AuditEntry& entry : world.audit())
    told = told || entry.detail.rfind("emergency: version 1 of pose", 0) == 0;
  EXPECT_TRUE(told);
  EXPECT_FALSE(change(State::kReleased)) << "and back";
}

TEST_F(Governed, AnEmergencyIsNoWayAroundApprovals) {
  set_policy();
  world.publish("pose", 1, {"cam"});
  world.enrol("d1", "cam");
  EXPECT_EQ(roll_out(true)->rule, "not_released");
}

TEST_F(Governed, RevokedIsTheEnd) {
  world.publish("pose", 1, {"cam"});
  world.enrol("d1", "cam");
  ASSERT_FALSE(change(State::kRevoked));
  EXPECT_EQ(roll_out()->rule, "not_released");
  EXPECT_EQ(roll_out(true)->rule, "not_released");
  EXPECT_EQ(change(State::kReleased)->code, Code::kFailedPrecondition);
  EXPECT_EQ(change(State::kDeprecated)->code, Code::kFailedPrecondition);
  EXPECT_EQ(approve("bob")->code, Code::kFailedPrecondition);
  EXPECT_EQ(validate("vera")->code, Code::kFailedPrecondition);
}

TEST_F(Governed, ARevocationHaltsWhatMovesThereAndClosesWaysBack) {
  world.populate(3);
  const uint32_t first = world.start("pose", 2);
  ASSERT_TRUE(world.run_until_state(first, RolloutState::kCompleted));
  EXPECT_EQ(world.plane().rollouts().at(first).targets[0].previous_version, 1u);
  ChangeRelease command{"pose", 1, {"mcu"}, State::kRevoked, "bad", {}};
  ASSERT_FALSE(world.step(command).refusal);
  EXPECT_EQ(world.plane().rollouts().at(first).targets[0].previous_version, 0u);
  world.publish("pose", 3, {"mcu"});
  const uint32_t second = world.start("pose", 3);
  command.version = 3;
  ASSERT_FALSE(world.step(command).refusal);
  EXPECT_TRUE(world.run_until([&] { return !is_live(world.state(second)); }));
  EXPECT_NE(world.state(second), RolloutState::kCompleted);
  EXPECT_NE(world.audit_summary().count("rollout.halted rollout/" + std::to_string(second)), 0u);
}

TEST_F(Governed, StatesFollowTheirOrder) {
  EXPECT_TRUE(lifecycle::may_enter(State::kDraft, State::kValidated));
  EXPECT_FALSE(lifecycle::may_enter(State::kDraft, State::kReleased));
  EXPECT_FALSE(lifecycle::may_enter(State::kValidated, State::kReleased));
  EXPECT_FALSE(lifecycle::may_enter(State::kReleased, State::kDraft));
  for (int i = 0; i < 6; ++i)
    EXPECT_FALSE(lifecycle::may_enter(State::kRevoked, static_cast<State>(i)));
}

TEST_F(Governed, PoliciesThatCannotBeMetAreRefused) {
  Policy policy;
  policy.approvals = 2;
  policy.approvers = {"bob", "bob"};
  EXPECT_EQ(world.step(SetPolicy{policy}).refusal->code, Code::kInvalidArgument);
  policy.approvers = {"bob", "carol"};
  policy.model = "po*se";
  EXPECT_EQ(world.step(SetPolicy{policy}).refusal->code, Code::kInvalidArgument);
  policy.model = "";
  EXPECT_FALSE(world.step(SetPolicy{policy}).refusal);
  EXPECT_FALSE(world.step(RemovePolicy{"", ""}).refusal);
  EXPECT_EQ(world.step(RemovePolicy{"", ""}).refusal->code, Code::kNotFound);
}

}  // namespace
}  // namespace flotilla::controller
