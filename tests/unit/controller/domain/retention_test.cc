#include "controller/domain/retention.h"

#include <gtest/gtest.h>

#include "controller/domain/bounds.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

constexpr Duration kMonth = seconds(30 * 24 * 3600);

std::string fate_of(World& world, uint32_t version, Duration older_than = kMonth) {
  for (const auto& fate : world.plane().retention_plan(older_than, world.now)) {
    if (fate.version->version == version) return fate.reason.empty() ? "goes" : fate.reason;
  }
  return "deleted";
}

TEST(Retention, WhatIsYoungNewestPinnedOrReferredToStays) {
  World world;
  world.populate(2);  // versions 1 and 2; both devices run 1
  EXPECT_EQ(fate_of(world, 2), "the newest of pose");
  world.publish("pose", 3, {"mcu"});
  EXPECT_EQ(fate_of(world, 1), "runs on device d0");
  EXPECT_EQ(fate_of(world, 2), "too young");
  EXPECT_EQ(fate_of(world, 2, seconds(0)), "goes");
  world.now = world.now + kMonth;
  EXPECT_EQ(fate_of(world, 2), "goes");
  EXPECT_EQ(fate_of(world, 3), "the newest of pose");

  world.step(PinVersion{"pose", 2, true, "kept for the court"}, "alice");
  EXPECT_EQ(fate_of(world, 2), "pinned by alice");
  EXPECT_EQ(world.audit().back().action, "version.pinned");
  world.step(PinVersion{"pose", 2, false, ""});
  EXPECT_EQ(fate_of(world, 2), "goes");
  EXPECT_TRUE(world.step(PinVersion{"pose", 9, true, ""}).refusal.has_value());
}

TEST(Retention, WhatAnAliasNamesOrPeopleWorkOnStays) {
  World world;
  world.populate(2);
  world.publish("pose", 3, {"mcu"});
  world.now = world.now + kMonth;
  ASSERT_EQ(fate_of(world, 2), "goes");
  world.step(MoveAlias{"pose", "stable", 2, "mcu"});
  EXPECT_EQ(fate_of(world, 2), "alias stable names it");
  world.step(MoveAlias{"pose", "stable", 0, "mcu"});
  EXPECT_EQ(fate_of(world, 2), "goes");

  Policy policy;
  policy.evidence = 1;
  ASSERT_FALSE(world.step(SetPolicy{policy}).refusal);
  world.publish("pose", 4, {"mcu"});
  world.publish("pose", 5, {"mcu"});
  world.now = world.now + kMonth;
  EXPECT_EQ(fate_of(world, 4), "it is draft on class mcu");
}

TEST(Retention, WhatARolloutMovesOrCouldReturnToStays) {
  World world;
  world.populate(2);
  world.publish("pose", 3, {"mcu"});
  const uint32_t rollout = world.start("pose", 2);
  EXPECT_NE(fate_of(world, 2, seconds(0)).find("rollout 1"), std::string::npos);
  ASSERT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
  world.now = world.now + kMonth;
  EXPECT_NE(fate_of(world, 2), "goes") << "it runs and stands";
  EXPECT_NE(fate_of(world, 1), "goes") << "a rollback would bring it";
}

TEST(Retention, WhatIsDeletedLeavesItsRecordAndSharedBytes) {
  World world;
  world.populate(1);
  world.publish("pose", 3, {"mcu"});
  world.now = world.now + kMonth;
  const StepResult result = world.step(DeleteVersions{kMonth}, "alice");
  EXPECT_FALSE(result.refusal.has_value());
  EXPECT_EQ(fate_of(world, 2), "deleted");
  EXPECT_TRUE(world.removed.contains(world.image("pose", 2, "mcu")));
  EXPECT_FALSE(world.removed.contains(world.image("pose", 1, "mcu")));
  EXPECT_EQ(world.audit().back().action, "version.deleted");
  EXPECT_EQ(world.audit().back().object, "model/pose/2");
  world.restart();
  const ModelVersion& tombstone = world.plane().models().at("pose").at(2);
  EXPECT_TRUE(is_deleted(tombstone));
  EXPECT_EQ(tombstone.deleted_by, "alice");
  EXPECT_FALSE(tombstone.variants.at(0).release_envelope.empty()) << "what ran stays provable";
  StartRollout command;
  command.model = "pose";
  command.version = 2;
  EXPECT_TRUE(world.step(command).refusal.has_value());
  EXPECT_TRUE(world.step(PinVersion{"pose", 2, true, ""}).refusal.has_value());
  world.step(DeleteVersions{kMonth});
  EXPECT_NE(world.audit().back().action, "version.deleted") << "nothing is left to delete";
}

TEST(Retention, BytesThatAnotherVersionHoldsAreNotRemoved) {
  World world;
  world.populate(1);
  ModelVersion twin = world.plane().models().at("pose").at(2);
  twin.version = 3;
  twin.label = "twin";
  ASSERT_FALSE(world.step(RegisterVersion{twin}).refusal.has_value());
  world.now = world.now + kMonth;
  for (const auto& fate : world.plane().retention_plan(kMonth, world.now)) {
    if (fate.version->version != 2) continue;
    EXPECT_EQ(fate.bytes, 0u) << "shared with version 3";
  }
  world.step(DeleteVersions{kMonth});
  EXPECT_EQ(fate_of(world, 2), "deleted");
  EXPECT_TRUE(world.removed.empty());
}

}  // namespace
}  // namespace flotilla::controller
