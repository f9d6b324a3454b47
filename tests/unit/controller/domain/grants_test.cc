#include "controller/domain/grants.h"

#include <gtest/gtest.h>

namespace flotilla::controller {
namespace {

TEST(Patterns, ANameABeginningOrAll) {
  for (const char* all : {"", "*"}) {
    EXPECT_TRUE(is_unlimited(all));
    EXPECT_TRUE(matches(all, "pose"));
  }
  EXPECT_TRUE(matches("pose", "pose"));
  EXPECT_FALSE(matches("pose", "pose2"));
  EXPECT_FALSE(matches("pose", "pos"));
  EXPECT_TRUE(matches("pose*", "pose"));
  EXPECT_TRUE(matches("pose*", "pose-arm"));
  EXPECT_FALSE(matches("pose*", "pos"));
  EXPECT_FALSE(is_unlimited("p*"));
}

TEST(Patterns, OnlyATrailingStarIsAllowed) {
  for (const char* good : {"", "*", "pose", "pose*", "a-b_c1"}) EXPECT_TRUE(is_valid_pattern(good));
  for (const char* bad : {"*pose", "po*se", "**", "Pose", "a/b", "a b", "pose**"})
    EXPECT_FALSE(is_valid_pattern(bad)) << bad;
}

TEST(Scopes, EachDimensionThatIsTouchedMustBeCovered) {
  const Scope scope{"pose*", "cam", "hall", "candidate"};
  EXPECT_TRUE(covers(scope, {"pose-arm", "cam", "hall", "candidate"}));
  EXPECT_TRUE(covers(scope, {"pose", "", "", ""})) << "the rest does not concern it";
  EXPECT_FALSE(covers(scope, {"grip", "cam", "hall", ""}));
  EXPECT_FALSE(covers(scope, {"pose", "npu", "", ""}));
  EXPECT_FALSE(covers(scope, {"pose", "cam", "yard", ""}));
  EXPECT_FALSE(covers(scope, {"pose", "cam", "hall", "champion"}));
}

TEST(Scopes, WhatReachesEverythingNeedsAnUnlimitedPattern) {
  EXPECT_FALSE(covers({"pose*", "", "", ""}, {kEvery, "", "", ""}));
  EXPECT_FALSE(covers({"", "", "hall", ""}, {"pose", "cam", kEvery, ""}));
  EXPECT_TRUE(covers({"pose", "cam", "*", ""}, {"pose", "cam", kEvery, ""}));
}

TEST(Scopes, NobodyHandsOnMoreThanTheyHave) {
  EXPECT_TRUE(contains({"", "", "", ""}, {"pose", "cam", "", ""}));
  EXPECT_TRUE(contains({"pose*", "", "", ""}, {"pose-a*", "", "", ""}));
  EXPECT_TRUE(contains({"pose*", "", "", ""}, {"pose", "", "", ""}));
  EXPECT_FALSE(contains({"pose", "", "", ""}, {"pose*", "", "", ""}));
  EXPECT_FALSE(contains({"pose*", "", "", ""}, {"", "", "", ""}));
  EXPECT_FALSE(contains({"pose*", "", "", ""}, {"po*", "", "", ""}));
  EXPECT_FALSE(contains({"", "", "hall", ""}, {"", "", "", ""}));
}

TEST(Roles, AnAdminNeitherPublishesApprovesNorOperates) {
  for (const Permission p :
       {Permission::kPublish, Permission::kValidate, Permission::kApprove, Permission::kRelease,
        Permission::kRevoke, Permission::kMoveAlias, Permission::kOperate, Permission::kEnrol}) {
    EXPECT_FALSE(includes(Role::kAdmin, p)) << permission_name(p);
  }
  EXPECT_TRUE(includes(Role::kAdmin, Permission::kManageTokens));
}

TEST(Roles, NamesAreTheirOwn) {
  for (size_t i = 0; i < kRoles; ++i) {
    const auto role = static_cast<Role>(i);
    EXPECT_EQ(parse_role(role_name(role)), role);
  }
  EXPECT_FALSE(parse_role("root"));
  EXPECT_FALSE(parse_role(""));
}

TEST(Roles, EveryPermissionIsHeldBySomebody) {
  for (size_t i = 0; i < kPermissions; ++i) {
    EXPECT_NE(roles_with(static_cast<Permission>(i)), "") << i;
  }
}

TEST(Grants, NothingIsAllowedThatNoGrantAllows) {
  EXPECT_FALSE(permits({}, Permission::kStatus, {}));
  const std::vector<Grant> grants = {{Role::kOperator, {"pose", "", "", ""}},
                                     {Role::kPublisher, {"grip", "", "", ""}}};
  EXPECT_TRUE(permits(grants, Permission::kOperate, {"pose", "cam", kEvery, ""}));
  EXPECT_FALSE(permits(grants, Permission::kOperate, {"grip", "cam", kEvery, ""}))
      << "a role and a scope of different grants";
}

TEST(Grants, AreToldInWords) {
  EXPECT_EQ(describe(Grant{Role::kOperator, {}}), "operator");
  EXPECT_EQ(describe(Grant{Role::kOperator, {"pose*", "*", "hall", ""}}),
            "operator on model pose*, site hall");
  EXPECT_EQ(describe(Reach{"pose", "cam", kEvery, ""}), "model pose, class cam, every site");
}

}  // namespace
}  // namespace flotilla::controller
