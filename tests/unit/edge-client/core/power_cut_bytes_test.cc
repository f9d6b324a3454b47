// Power cuts at every byte of every write of a delta install, and again during recovery, on NOR
// flash and on a block device with a cache; and planted defects, each of which must be noticed
// (docs/spec/journal.md, "What is promised").

#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/edge_mutants.h"
#include "tests/support/edge_power_cuts.h"

namespace flotilla::edge::test {
namespace {

constexpr size_t kImageSize = 700;
constexpr uint32_t kRange = 128;
constexpr uint32_t kChunks = (kImageSize + kRange - 1) / kRange;

const std::vector<uint8_t>& image(int version) {
  static const std::vector<uint8_t> first = make_image(1, kImageSize);
  static const std::vector<uint8_t> second = vary(first, 2);
  return version == 1 ? first : second;
}

/// Encoding and proving take longer than a whole course, and are the same in all of them.
const Publication& publication(World& world, int version, bool as_delta) {
  static std::map<std::pair<int, bool>, Publication> made;
  const auto key = std::pair{version, as_delta};
  if (made.count(key) == 0) {
    made[key] = world.publish(image(version), static_cast<uint32_t>(version),
                              as_delta ? &image(1) : nullptr, kRange);
  }
  world.allow(image(version));
  world.put(made[key]);
  return made[key];
}

void install_first(World& world) {
  const Publication& full = publication(world, 1, false);
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  world.send(world.publisher.directive_value(full, 1, 1));
  ASSERT_TRUE(world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }));
}

/// From version 1 to 2, by a delta; there is no full payload to fall back on.
Scenario delta_install() {
  Scenario scenario;
  scenario.name = "delta install";
  scenario.chunks = kChunks;
  scenario.prepare = install_first;
  scenario.tell = [](World& world) {
    const Publication& delta = publication(world, 2, true);
    Directive directive = world.publisher.directive_value(delta, 2, 2);
    directive.offers.clear();
    (void)directive.offers.push_back({world.crypto.digest_of(image(1)), delta.id});
    directive.floor = 2;
    world.send(directive);
  };
  scenario.reached = [](World& world) {
    return world.update_state() == UpdateState::kConfirmed && world.state().rollout == 2 &&
           world.active_digest() == world.crypto.digest_of(image(2)) &&
           world.runtime.app(0).loaded == world.active_digest() && world.state().floor == 2;
  };
  return scenario;
}

const char* name_of(Unsynced medium) {
  return medium == Unsynced::kNor ? "NOR flash" : "block device";
}

class PowerCutBytesTest : public ::testing::TestWithParam<Unsynced> {};

TEST_P(PowerCutBytesTest, ADeltaInstallAlwaysFinishes) {
  ByteCuts how;
  how.medium = GetParam();
  how.second_each = 4;
  const CutCount count = enumerate_bytes(delta_install(), how);
  std::cout << name_of(how.medium) << ": " << count.operations << " operations, " << count.single
            << " cuts, " << count.bytes << " of them at a byte, " << count.twice
            << " again during recovery, " << count.failed << " failures\n";
  EXPECT_EQ(count.failed, 0u) << count.first_failure;
  EXPECT_GT(count.bytes, 3000u);
  EXPECT_GT(count.twice, 500u);
}

INSTANTIATE_TEST_SUITE_P(Media, PowerCutBytesTest,
                         ::testing::Values(Unsynced::kNor, Unsynced::kBlock));

struct Mutant {
  const char* name;
  Unsynced medium;  ///< on which it shows
  std::function<void(World&)> plant;
};

std::vector<Mutant> mutants() {
  return {
      {"no sync of the boot record", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<NoJournalSync>(world.journal, true), nullptr);
       }},
      {"no sync of the progress log", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<NoJournalSync>(world.journal, false), nullptr);
       }},
      {"no sync of the slot", Unsynced::kBlock,
       [](World& world) { world.interpose(nullptr, std::make_shared<NoSlotSync>(world.storage)); }},
      {"slot sync and boot record swapped", Unsynced::kBlock,
       [](World& world) {
         const auto late = std::make_shared<LateSync>();
         world.interpose(std::make_shared<RecordBeforeSlotSync>(world.journal, world.storage, late),
                         std::make_shared<SlotSyncAfterRecord>(world.storage, late));
       }},
      {"erasing the other copy and writing the record swapped", Unsynced::kNor,
       [](World& world) {
         world.interpose(std::make_shared<OtherCopyErasedFirst>(world.journal), nullptr);
       }},
      {"no checksum of the boot record", Unsynced::kNor,
       [](World& world) {
         world.interpose(std::make_shared<NoRecordChecksum>(world.journal), nullptr);
       }},
      {"no digest of resumed chunks, no sync of the slot", Unsynced::kBlock,
       [](World& world) {
         world.interpose(std::make_shared<BelievesProgress>(world.journal, world),
                         std::make_shared<NoSlotSync>(world.storage));
       }},
  };
}

TEST(PowerCutMutantsTest, EachIsCaught) {
  uint32_t caught = 0;
  for (const Mutant& mutant : mutants()) {
    Scenario scenario = delta_install();
    scenario.name = mutant.name;
    scenario.plant = mutant.plant;
    ByteCuts how;
    how.medium = mutant.medium;
    how.stride = 7;
    how.stops_at_first_failure = true;
    const CutCount count = enumerate_bytes(scenario, how);
    EXPECT_GT(count.failed, 0u) << mutant.name;
    caught += count.failed > 0 ? 1 : 0;
    std::cout << "after " << count.single + count.twice << " cuts: " << count.first_failure << "\n";
  }
  std::cout << caught << " of " << mutants().size() << " mutants caught\n";
}

/// The same harness without a defect, so that what catches the mutants is not the harness.
TEST(PowerCutMutantsTest, PassingOnIsNoMutant) {
  Scenario scenario = delta_install();
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
