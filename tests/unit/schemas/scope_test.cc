#include "schemas/protocol/scope.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla {
namespace {

TEST(Scope, NamesAndBeginningsOfNames) {
  EXPECT_TRUE(scopes_cover("pose/orin", "pose", "orin"));
  EXPECT_FALSE(scopes_cover("pose/orin", "pose", "cam"));
  EXPECT_FALSE(scopes_cover("pose/orin", "pose2", "orin"));
  EXPECT_FALSE(scopes_cover("pose2/orin", "pose", "orin"));
  EXPECT_TRUE(scopes_cover("pose*/orin", "pose", "orin"));
  EXPECT_TRUE(scopes_cover("pose*/orin", "pose-2", "orin"));
  EXPECT_FALSE(scopes_cover("pose*/orin", "pos", "orin"));
  EXPECT_TRUE(scopes_cover("*/cam*", "anything", "cam-7"));
}

TEST(Scope, OneOfSeveralIsEnoughAndNoneIsAll) {
  EXPECT_TRUE(scopes_cover("", "pose", "orin"));
  EXPECT_TRUE(scopes_cover("a/b pose/* c/d", "pose", "orin"));
  EXPECT_TRUE(scopes_cover("a/b c/d pose/orin", "pose", "orin"));
  EXPECT_FALSE(scopes_cover("pose/b c/orin", "pose", "orin"));  // model and class go together
}

TEST(Scope, WhatIsNotAScope) {
  for (const char* good : {"a/b", "*/*", "a*/b", "a/b*", "a-1_x/*", "a/b c/d", "a/b c/d e/f"}) {
    EXPECT_TRUE(are_valid_scopes(good)) << good;
  }
  for (const char* bad : {"", " ", "a", "a/", "/b", "a/b/c", "a//b", "*a/b", "a**/b", "a*b/c",
                          "A/b", "a/b ", " a/b", "a/b  c/d", "a/b,c/d", "a/b\n", "**/b"}) {
    EXPECT_FALSE(are_valid_scopes(bad)) << "'" << bad << "'";
  }
  EXPECT_FALSE(is_valid_scope("a/b c/d"));
  const std::string name(32, 'n');
  EXPECT_TRUE(is_valid_scope(name + "/" + name));
  EXPECT_TRUE(is_valid_scope(name.substr(1) + "*/" + name));
  EXPECT_FALSE(is_valid_scope(name + "*/" + name));
  EXPECT_FALSE(is_valid_scope(name + "n/" + name));
  std::string many = "a/b";
  while (many.size() <= 200) many += " a/b";
  EXPECT_FALSE(are_valid_scopes(many));
}

}  // namespace
}  // namespace flotilla
