#include "simulator/device/medium.h"

#include <gtest/gtest.h>

namespace flotilla::sim {
namespace {

using edge::JournalArea;
using edge::Slot;

class SimMedium : public ::testing::Test {
 protected:
  uint8_t first_byte() {
    uint8_t out = 0;
    EXPECT_TRUE(medium.read(JournalArea::kBoot0, 0, 0, {&out, 1}).ok());
    return out;
  }

  Trace trace;
  PagePool pool;
  PowerSupply power{Chance(Prng(1))};
  DeviceMedium medium{{pool, power, trace}, 1, {8192, 1024, 1}};
  const std::vector<uint8_t> data = std::vector<uint8_t>(100, 0x11);
};

TEST_F(SimMedium, WhatWasSyncedSurvives) {
  ASSERT_TRUE(medium.write(JournalArea::kBoot0, 0, 0, data).ok());
  ASSERT_TRUE(medium.sync(JournalArea::kBoot0, 0).ok());
  medium.lose_power();
  EXPECT_EQ(first_byte(), 0x11);
}

TEST_F(SimMedium, WhatWasNotSyncedMayBecomeAnything) {
  bool kept = false;
  bool lost = false;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(medium.erase(JournalArea::kBoot0, 0).ok());
    ASSERT_TRUE(medium.sync(JournalArea::kBoot0, 0).ok());
    ASSERT_TRUE(medium.write(JournalArea::kBoot0, 0, 0, data).ok());
    medium.lose_power();
    kept = kept || first_byte() == 0x11;
    lost = lost || first_byte() != 0x11;
  }
  EXPECT_TRUE(kept);
  EXPECT_TRUE(lost);
}

TEST_F(SimMedium, NothingWorksAfterTheCut) {
  power.cut_after(1);
  EXPECT_TRUE(medium.write(JournalArea::kBoot0, 0, 0, data).ok());
  EXPECT_FALSE(medium.write(JournalArea::kBoot0, 0, 200, data).ok());
  EXPECT_FALSE(medium.sync(JournalArea::kBoot0, 0).ok());
  power.restore();
  EXPECT_TRUE(medium.sync(JournalArea::kBoot0, 0).ok());
}

TEST_F(SimMedium, SlotsShareEqualPages) {
  const size_t before = pool.size();
  const std::vector<uint8_t> image(4096, 0x42);
  for (const Slot slot : {Slot::kA, Slot::kB}) {
    ASSERT_TRUE(medium.begin(0, slot, image.size()).ok());
    ASSERT_TRUE(medium.erase(0, slot, 0, image.size()).ok());
    ASSERT_TRUE(medium.write(0, slot, 0, image).ok());
    ASSERT_TRUE(medium.sync(0, slot).ok());
  }
  EXPECT_LE(pool.size(), before + 2) << "the image's page and the one of given up slots";
}

}  // namespace
}  // namespace flotilla::sim
