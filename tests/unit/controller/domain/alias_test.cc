#include <gtest/gtest.h>

#include "controller/domain/alias_board.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using alias_board::version_on;
using testing::World;

class Aliases : public ::testing::Test {
 protected:
  Aliases() {
    world.publish("pose", 1, {"cam", "npu"});
    world.publish("pose", 2, {"cam", "npu"});
  }

  std::string move(const std::string& alias, uint32_t version, const std::string& on = "") {
    const auto refusal = world.step(MoveAlias{"pose", alias, version, on}).refusal;
    if (!refusal) return "";
    return refusal->rule.empty() ? code_name(refusal->code) : refusal->rule;
  }

  const Alias& alias(const std::string& name) { return world.plane().aliases().at({"pose", name}); }

  World world;
};

TEST_F(Aliases, MoveOnEveryClassOrOnOne) {
  EXPECT_EQ(move("candidate", 1), "");
  EXPECT_EQ(move("candidate", 2, "npu"), "");
  EXPECT_EQ(version_on(alias("candidate"), "cam"), 1u);
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 2u);
  world.restart();
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 2u);
  EXPECT_EQ(move("candidate", 2), "") << "every class, also those that differed";
  EXPECT_TRUE(alias("candidate").classes.empty());
  std::vector<std::string> moves;
  for (const AuditEntry& entry : world.audit()) {
    if (entry.action == "alias.moved") moves.push_back(entry.detail);
  }
  EXPECT_EQ(moves, (std::vector<std::string>{"every class: none -> 1", "class npu: 1 -> 2",
                                             "every class: 1 -> 2"}));
}

TEST_F(Aliases, NameWhatIsThere) {
  EXPECT_EQ(move("candidate", 9), "not_found");
  EXPECT_EQ(move("candidate", 1, "mcu"), "not_found");
  EXPECT_EQ(move("Big", 1), "invalid_argument");
  EXPECT_EQ(move("candidate", 0), "not_found") << "there is nothing to remove";
}

TEST_F(Aliases, AreRemoved) {
  ASSERT_EQ(move("candidate", 1), "");
  ASSERT_EQ(move("candidate", 2, "npu"), "");
  EXPECT_EQ(move("candidate", 0, "cam"), "not_found") << "it has none of its own there";
  EXPECT_EQ(move("candidate", 0, "npu"), "");
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 1u);
  EXPECT_EQ(move("candidate", 0), "");
  world.restart();
  EXPECT_TRUE(world.plane().aliases().empty());
}

TEST_F(Aliases, AChampionHasGoldenVectorsOnEveryClassAndIsReleased) {
  EXPECT_EQ(move("champion", 1), "golden_missing");
  RegisterVersion command;
  command.version = world.plane().models().at("pose").at(2);
  command.version.version = 3;
  command.version.label = "v3";
  command.version.variants[0].golden_digest = world.hasher.of("golden");
  command.version.variants[0].image_digest = world.hasher.of("other image");
  ASSERT_FALSE(world.step(command).refusal);
  EXPECT_EQ(move("champion", 3), "golden_missing") << "npu has none";
  EXPECT_EQ(move("champion", 3, "cam"), "");
  ChangeRelease deprecate{"pose", 3, {"cam"}, ReleaseState::kDeprecated, "", {}};
  ASSERT_FALSE(world.step(deprecate).refusal);
  EXPECT_EQ(move("champion", 3, "cam"), "not_released");
  EXPECT_EQ(move("candidate", 3), "");
  deprecate.to = ReleaseState::kRevoked;
  ASSERT_FALSE(world.step(deprecate).refusal);
  EXPECT_EQ(move("candidate", 3), "not_released");
}

TEST_F(Aliases, APolicyAsksForGoldenVectorsElsewhere) {
  Policy policy;
  policy.golden_aliases = {"stable*"};
  ASSERT_FALSE(world.step(SetPolicy{policy}).refusal);
  EXPECT_EQ(move("stable-eu", 1), "golden_missing");
  EXPECT_EQ(move("other", 1), "");
}

}  // namespace
}  // namespace flotilla::controller
