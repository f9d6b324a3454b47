#include <gtest/gtest.h>

#include "schemas/base/prng.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::Ending;
using testing::World;
using Assigned = AssignmentState;

constexpr char kMetaTable = 1;
constexpr char kAuditTable = 10;
constexpr char kAuditTree = 13;
constexpr char kAuditIndex = 14;

/// Version 2 is rolled out and completes; version 3 fails on its canary and is rolled back.
void play(World& world) {
  for (uint32_t version = 1; version <= 3; ++version) world.publish("pose", version, {"mcu"});
  for (int i = 0; i < 6; ++i) {
    world.add_device(testing::device_name(i), "mcu", "pose", 1)
        .endings[world.image("pose", 3, "mcu")] = Ending::kRevert;
  }
  world.run(5);
  const uint32_t good = world.start("pose", 2);
  EXPECT_TRUE(world.run_until_state(good, RolloutState::kCompleted));
  world.run(30);
  const uint32_t bad = world.start("pose", 3);
  EXPECT_TRUE(world.run_until_state(bad, RolloutState::kRolledBack));
  world.run(400);
}

/// What an observer sees at the end: states, digests, the broker, the audit log.
std::vector<std::string> outcome(World& world) {
  std::vector<std::string> out;
  for (const auto& [id, rollout] : world.plane().rollouts()) {
    out.push_back("rollout " + std::to_string(id) + " state " +
                  std::to_string(static_cast<int>(rollout.state)) + " waves " +
                  std::to_string(rollout.waves.size()));
    for (const auto& [device, a] : world.plane().assignments(id)) {
      out.push_back(device + " " + std::to_string(static_cast<int>(a.state)) + " wave " +
                    std::to_string(a.wave) + (a.rolled_back ? " back" : ""));
    }
  }
  for (const auto& [id, device] : world.devices)
    out.push_back(std::string(to_hex(device.models.at("pose").active_digest).view()));
  for (const auto& [key, directive] : world.retained.directives)
    out.push_back("retained " + std::to_string(directive.version) + " seq " +
                  std::to_string(directive.seq));
  for (const auto& [id, base] : world.retained.transfers)
    out.push_back(std::string(to_hex(id).view()));
  for (const std::string& line : world.audit_summary()) out.push_back(line);
  out.push_back("outbox " + std::to_string(world.plane().outbox_size()));
  return out;
}

TEST(Restart, AfterEveryStepChangesNothing) {
  World calm;
  play(calm);
  World restarted;
  restarted.restart_always = true;
  play(restarted);
  EXPECT_EQ(outcome(restarted), outcome(calm));
  EXPECT_EQ(restarted.store.rows, calm.store.rows) << "to the byte";
}

TEST(Restart, WithTheEffectsOfAnyOneStepLost) {
  World calm;
  play(calm);
  const std::vector<std::string> expected = outcome(calm);
  for (uint64_t step = 1; step <= calm.steps; ++step) {
    World world;
    world.crash_after.insert(step);
    play(world);
    ASSERT_EQ(outcome(world), expected) << "after step " << step;
  }
}

TEST(Restart, TheFirstStepAsksForPendingBuilds) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.enrol("d1", "mcu");
  world.building = false;
  world.start("pose", 1);
  ASSERT_EQ(world.builds.size(), 1u);
  world.run(30);
  EXPECT_EQ(world.builds.size(), 1u) << "asked once while the process lives";
  world.restart();
  EXPECT_EQ(world.builds.size(), 2u) << "nobody remembers the first";
}

TEST(Restart, ACommitThatFailedLeavesNoTrace) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.enrol("d1", "mcu");
  const auto rows = world.store.rows;
  StartRollout command;
  command.model = "pose";
  command.version = 1;
  const StepResult lost = world.plane().step(command, Actor{"alice", "alice"}, world.now);
  world.store.full = true;
  EXPECT_FALSE(world.store.commit(lost.writes).ok());
  world.store.full = false;
  world.restart();
  EXPECT_EQ(world.store.rows, rows);
  EXPECT_TRUE(world.plane().rollouts().empty());
  EXPECT_EQ(world.start("pose", 1), lost.created_rollout) << "the number was not used up";
}

TEST(Restart, RandomCrashesAndOutagesConverge) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng prng(seed);
    World world;
    for (uint64_t i = 0; i < 25; ++i) world.crash_after.insert(1 + prng.below(1200));
    for (uint32_t version = 1; version <= 2; ++version) world.publish("pose", version, {"mcu"});
    for (int i = 0; i < 8; ++i) world.add_device(testing::device_name(i), "mcu", "pose", 1);
    world.run(5);
    RolloutPolicy policy;
    policy.max_failure_percent = 100;
    const uint32_t rollout = world.start("pose", 2, policy);
    for (int i = 0; i < 60; ++i) {
      const uint32_t dice = prng.below(12);
      auto& device = world.devices.at(testing::device_name(static_cast<int>(prng.below(8))));
      if (dice == 0) world.lose_broker(prng.below(2) == 0);
      if (dice == 1) device.reboot();
      if (dice == 2) device.lose_journal(100 + prng.below(1000));
      if (dice == 3) device.silent = true;
      world.run(1 + prng.below(20));
      device.silent = false;
      if (!world.online) world.connect();
    }
    EXPECT_TRUE(world.run_until_state(rollout, RolloutState::kCompleted));
    world.run(400);
    EXPECT_EQ(world.count(rollout, Assigned::kConfirmed), 8u);
    EXPECT_EQ(world.plane().outbox_size(), 0u);
    world.audit();
  }
}

TEST(Load, RefusesAStoreThatContradictsItself) {
  World world;
  play(world);
  const auto good = world.store.rows;
  const auto load = [&] {
    ControlPlane plane(world.config, world.hasher);
    return plane.load(world.store).code();
  };
  ASSERT_EQ(load(), Code::kOk);
  for (const auto& [key, value] : good) {
    const char table = key[0];
    if (table == kAuditTable || table == kAuditTree || table == kAuditIndex) continue;  // on demand
    world.store.rows = good;
    world.store.rows[key][0] = 99;
    EXPECT_EQ(load(), Code::kUnimplemented) << "a newer format";
    world.store.rows = good;
    world.store.rows[key].pop_back();
    EXPECT_EQ(load(), Code::kDataLoss) << "a cut record";
    world.store.rows = good;
    world.store.rows[key + "x"] = value;
    EXPECT_EQ(load(), key[0] == kMetaTable ? Code::kOk : Code::kDataLoss) << "a foreign key";
  }
}

TEST(Load, TheAuditLogIsAsLongAsItsCounter) {
  World world;
  world.publish("pose", 1, {"mcu"});
  const auto good = world.store.rows;
  const auto load = [&] {
    ControlPlane plane(world.config, world.hasher);
    return plane.load(world.store).code();
  };
  auto last = good.end();
  for (auto it = good.begin(); it != good.end(); ++it) {
    if (it->first[0] == kAuditTable) last = it;
  }
  world.store.rows.erase(last->first);
  EXPECT_EQ(load(), Code::kDataLoss);
  world.store.rows = good;
  std::string next = last->first;
  ++next.back();
  world.store.rows[next] = last->second;
  EXPECT_EQ(load(), Code::kDataLoss);
}

}  // namespace
}  // namespace flotilla::controller
