// Power cuts at every byte of every write of a delta install, and again during recovery, on NOR
// flash and on a block device with a cache; and planted defects, each of which must be noticed
// (docs/spec/journal.md, "What is promised").

#include <gtest/gtest.h>

#include <iostream>

#include "simulator/power/courses.h"

namespace flotilla::edge::test {
namespace {

const char* name_of(Unsynced medium) {
  return medium == Unsynced::kNor ? "NOR flash" : "block device";
}

class PowerCutBytesTest : public ::testing::TestWithParam<Unsynced> {};

TEST_P(PowerCutBytesTest, ADeltaInstallAlwaysFinishes) {
  ByteCuts how;
  how.medium = GetParam();
  how.second_each = 4;
  const CutCount count = enumerate_bytes(delta_only({}), how);
  std::cout << name_of(how.medium) << ": " << count.operations << " operations, " << count.single
            << " cuts, " << count.bytes << " of them at a byte, " << count.twice
            << " again during recovery, " << count.failed << " failures\n";
  EXPECT_EQ(count.failed, 0u) << count.first_failure;
  EXPECT_GT(count.bytes, 3000u);
  EXPECT_GT(count.twice, 500u);
}

INSTANTIATE_TEST_SUITE_P(Media, PowerCutBytesTest,
                         ::testing::Values(Unsynced::kNor, Unsynced::kBlock));

TEST(PowerCutMutantsTest, EachIsCaught) {
  uint32_t caught = 0;
  for (const PlantedDefect& defect : planted_defects()) {
    Scenario scenario = delta_only({});
    scenario.name = defect.name;
    scenario.plant = defect.plant;
    ByteCuts how;
    how.medium = defect.medium;
    how.stride = 7;
    how.stops_at_first_failure = true;
    const CutCount count = enumerate_bytes(scenario, how);
    EXPECT_GT(count.failed, 0u) << defect.name;
    caught += count.failed > 0 ? 1 : 0;
    std::cout << "after " << count.single + count.twice << " cuts: " << count.first_failure << "\n";
  }
  std::cout << caught << " of " << planted_defects().size() << " mutants caught\n";
}

/// The same harness without a defect, so that what catches the mutants is not the harness.
TEST(PowerCutMutantsTest, PassingOnIsNoMutant) {
  Scenario scenario = delta_only({});
  scenario.plant = [](World& world) {
    world.interpose(std::make_shared<JournalMutant>(world.journal),
                    std::make_shared<StorageMutant>(world.storage));
  };
  ByteCuts how;
  how.medium = Unsynced::kBlock;
  how.stride = 50;
  const CutCount count = enumerate_bytes(scenario, how);
  EXPECT_EQ(count.failed, 0u) << count.first_failure;
}

}  // namespace
}  // namespace flotilla::edge::test
