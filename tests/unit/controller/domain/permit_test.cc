#include <gtest/gtest.h>

#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

class Permit : public ::testing::Test {
 protected:
  Permit() {
    world.publish("pose", 1, {"cam", "npu"});
    world.publish("grip", 1, {"cam"});
    EnrolDevice device;
    device.id = "d1";
    device.hardware_class = "cam";
    device.site = "hall";
    device.public_key[0] = 1;
    EXPECT_FALSE(world.step(device).refusal);
  }

  Token& add(const std::string& name, std::vector<Grant> grants) {
    Token& token = tokens[name];
    token.id = name + "-1";
    token.name = name + "-laptop";
    token.identity = name;
    token.secret_hash = world.hasher.of(name);
    token.grants = std::move(grants);
    const StepResult result = world.step(AddToken{token});
    EXPECT_FALSE(result.refusal) << result.refusal->message;
    return token;
  }

  /// The code of the refusal; empty: it is permitted.
  std::string refusal_of(const Token& token, const Event& command) {
    refusal = world.plane().permit(token, command, world.now);
    if (!refusal) return "";
    EXPECT_EQ(refusal->code, Code::kPermissionDenied);
    return refusal->rule;
  }

  static StartRollout rollout(const std::string& model, std::vector<std::string> classes = {}) {
    StartRollout out;
    out.model = model;
    out.version = 1;
    out.hardware_classes = std::move(classes);
    return out;
  }

  World world;
  std::map<std::string, Token> tokens;
  std::optional<Refusal> refusal;
};

TEST_F(Permit, ARolloutNeedsItsModelAndEachOfItsClasses) {
  const Token& alice = add("alice", {{Role::kOperator, {"pose", "cam", "", ""}}});
  EXPECT_EQ(refusal_of(alice, rollout("pose", {"cam"})), "");
  EXPECT_EQ(refusal_of(alice, rollout("pose", {"cam", "npu"})), "scope_missing");
  EXPECT_EQ(refusal_of(alice, rollout("pose")), "scope_missing") << "every class of the version";
  EXPECT_EQ(refusal_of(alice, rollout("grip", {"cam"})), "scope_missing");
  const Token& bob = add("bob", {{Role::kOperator, {"pose", "", "hall", ""}}});
  EXPECT_EQ(refusal_of(bob, rollout("pose", {"cam"})), "scope_missing") << "it reaches every site";
}

TEST_F(Permit, SteeringARolloutNeedsWhatItReaches) {
  const uint32_t id = world.start("pose", 1);
  const Token& alice = add("alice", {{Role::kOperator, {"pose", "cam", "", ""}}});
  const Token& bob = add("bob", {{Role::kOperator, {"pose", "", "", ""}}});
  EXPECT_EQ(refusal_of(alice, OperateRollout{id, RolloutVerb::kHalt, ""}), "scope_missing");
  EXPECT_EQ(refusal_of(bob, OperateRollout{id, RolloutVerb::kHalt, ""}), "");
  EXPECT_EQ(refusal_of(bob, OperateRollout{id + 1, RolloutVerb::kHalt, ""}), "scope_missing");
}

TEST_F(Permit, ADeviceIsNotTakenOutOfAForeignScope) {
  const Token& yard = add("yard", {{Role::kDeviceEnroller, {"", "cam", "yard", ""}}});
  EnrolDevice move;
  move.id = "d1";
  move.hardware_class = "cam";
  move.site = "yard";
  EXPECT_EQ(refusal_of(yard, move), "scope_missing") << "it stands in the hall";
  move.id = "d2";
  EXPECT_EQ(refusal_of(yard, move), "");
  move.site = "";
  EXPECT_EQ(refusal_of(yard, move), "scope_missing") << "at no site";
  EXPECT_EQ(refusal_of(yard, RetireDevice{"d1"}), "scope_missing");
  const Token& hall = add("hall", {{Role::kDeviceEnroller, {"", "cam", "hall", ""}}});
  EXPECT_EQ(refusal_of(hall, RetireDevice{"d1"}), "");
  move.id = "d1";
  EXPECT_EQ(refusal_of(hall, move), "") << "its own site is kept";
  move.site = "yard";
  EXPECT_EQ(refusal_of(hall, move), "scope_missing");
}

TEST_F(Permit, APublisherNeedsEveryClassOfTheVersion) {
  const Token& ci = add("ci", {{Role::kPublisher, {"pose*", "cam", "", ""}}});
  RegisterVersion command;
  command.version.model = "pose-arm";
  command.version.variants.resize(1);
  command.version.variants[0].hardware_class = "cam";
  EXPECT_EQ(refusal_of(ci, command), "");
  command.version.variants.resize(2);
  command.version.variants[1].hardware_class = "npu";
  EXPECT_EQ(refusal_of(ci, command), "scope_missing");
  command.version.variants.resize(1);
  command.version.model = "grip";
  EXPECT_EQ(refusal_of(ci, command), "scope_missing");
}

TEST_F(Permit, AnAdminHandsOnOnlyWhatTheyManage) {
  const Token& admin = add("admin", {{Role::kAdmin, {"pose*", "", "", ""}}});
  AddToken command;
  command.token.grants = {{Role::kOperator, {"pose", "", "", ""}}};
  EXPECT_EQ(refusal_of(admin, command), "");
  command.token.grants.push_back({Role::kViewer, {}});
  EXPECT_EQ(refusal_of(admin, command), "scope_missing");
  const Token& other = add("other", {{Role::kViewer, {"grip", "", "", ""}}});
  EXPECT_EQ(refusal_of(admin, RevokeToken{other.id}), "scope_missing");
  Policy policy;
  policy.model = "pose-arm";
  policy.hardware_class = "*";
  EXPECT_EQ(refusal_of(admin, SetPolicy{policy}), "");
  policy.model = "*";
  EXPECT_EQ(refusal_of(admin, SetPolicy{policy}), "scope_missing");
  add("root", {{Role::kAdmin, {}}});
  EXPECT_EQ(refusal_of(admin, RemovePolicy{"*", "*"}), "scope_missing");
  EXPECT_EQ(refusal->held_by, std::vector<std::string>{"root"}) << "who manages a part cannot help";
  EXPECT_NE(refusal->remedy.find("or an admin (root) can grant it"), std::string::npos)
      << refusal->remedy;
}

TEST_F(Permit, SaysWhatIsMissingWhoHasItAndWhoCanGrantIt) {
  add("root", {{Role::kAdmin, {}}});
  add("olga", {{Role::kOperator, {"pose", "", "", ""}}});
  add("otto", {{Role::kOperator, {"grip", "", "", ""}}});
  const Token& ci = add("ci", {{Role::kPublisher, {"pose", "", "", ""}}});
  EXPECT_EQ(refusal_of(ci, rollout("pose", {"cam"})), "role_missing");
  EXPECT_EQ(refusal->held_by, std::vector<std::string>{"olga"});
  EXPECT_EQ(
      refusal->message,
      "this needs rollout.operate on model pose, class cam, every site (role operator); token "
      "'ci-laptop' of ci holds publisher on model pose");
  EXPECT_NE(refusal->remedy.find("ask one who holds it: olga; or an admin (root)"),
            std::string::npos)
      << refusal->remedy;
}

TEST_F(Permit, AnExpiredTokenIsNoHolder) {
  Token olga;
  olga.id = "olga-1";
  olga.name = olga.identity = "olga";
  olga.secret_hash = world.hasher.of("olga");
  olga.grants = {{Role::kOperator, {}}};
  olga.expires = world.now + seconds(10);
  ASSERT_FALSE(world.step(AddToken{olga}).refusal);
  const Token& ci = add("ci", {{Role::kPublisher, {}}});
  EXPECT_EQ(refusal_of(ci, rollout("pose")), "role_missing");
  EXPECT_EQ(refusal->held_by.size(), 1u);
  world.run(11);
  EXPECT_EQ(refusal_of(ci, rollout("pose")), "role_missing");
  EXPECT_TRUE(refusal->held_by.empty());
  olga.id = "olga-2";
  olga.secret_hash = world.hasher.of("olga2");
  EXPECT_EQ(world.step(AddToken{olga}).refusal->code, Code::kInvalidArgument) << "expired at birth";
}

TEST_F(Permit, AProtectedAliasNeedsAGrantThatNamesIt) {
  Policy policy;
  policy.model = "pose*";
  policy.protected_aliases = {"champion"};
  ASSERT_FALSE(world.step(SetPolicy{policy}).refusal);
  const Token& any = add("any", {{Role::kOperator, {}}});
  const Token& named = add("named", {{Role::kOperator, {"", "", "", "champ*"}}});
  const MoveAlias champion{"pose", "champion", 1, ""};
  EXPECT_EQ(refusal_of(any, champion), "alias_protected");
  EXPECT_EQ(refusal_of(named, champion), "");
  EXPECT_EQ(refusal_of(any, MoveAlias{"pose", "champion", 0, "cam"}), "alias_protected");
  EXPECT_EQ(refusal_of(any, MoveAlias{"grip", "champion", 1, ""}), "") << "no policy protects it";
  EXPECT_EQ(refusal_of(any, MoveAlias{"pose", "candidate", 1, ""}), "");
  EXPECT_EQ(refusal_of(named, MoveAlias{"pose", "candidate", 1, ""}), "scope_missing");
}

TEST_F(Permit, FactsComeFromNobodysToken) {
  const Token& all = add("all", {{Role::kOperator, {}}, {Role::kPublisher, {}}});
  EXPECT_EQ(refusal_of(all, Tick{}), "role_missing");
  EXPECT_EQ(refusal_of(all, StateReported{}), "role_missing");
}

TEST_F(Permit, TheLastTokenThatManagesAllIsKept) {
  const Token& root = add("root", {{Role::kAdmin, {}}});
  EXPECT_EQ(world.step(RevokeToken{root.id}).refusal->code, Code::kFailedPrecondition);
  add("limited", {{Role::kAdmin, {"pose", "", "", ""}}});
  EXPECT_EQ(world.step(RevokeToken{root.id}).refusal->code, Code::kFailedPrecondition);
  add("second", {{Role::kAdmin, {}}});
  EXPECT_FALSE(world.step(RevokeToken{root.id}).refusal);
  EXPECT_FALSE(world.plane().tokens().contains(root.id));
  world.restart();
  EXPECT_FALSE(world.plane().tokens().contains(root.id));
  EXPECT_EQ(world.audit_summary().count("token.revoked token/" + root.id), 1u);
}

TEST_F(Permit, UseIsNotedAndSurvives) {
  const Token& alice = add("alice", {{Role::kViewer, {}}});
  world.run(100);
  world.step(TokenUsed{alice.id});
  const WallTime used = world.now;
  world.restart();
  EXPECT_EQ(world.plane().tokens().at(alice.id).last_used, used);
}

}  // namespace
}  // namespace flotilla::controller
