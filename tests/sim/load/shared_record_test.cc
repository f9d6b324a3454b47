#include "simulator/load/swarm/shared_record.h"

#include <gtest/gtest.h>

#include "schemas/base/prng.h"

namespace flotilla::sim {
namespace {

TEST(SharedRecord, NearlyEqualRecordsKeepOnlyWhatDiffers) {
  RecordSamples samples;
  std::string first(700, 'r');
  std::string second = first;
  second.replace(300, 8, "identity");
  second[699] = 'c';
  SharedRecord one;
  SharedRecord two;
  EXPECT_TRUE(one.empty());
  one.set(samples, first);
  two.set(samples, second);
  EXPECT_EQ(one.get(), first);
  EXPECT_EQ(two.get(), second);
  EXPECT_EQ(one.own_size(), 0u);
  EXPECT_EQ(two.own_size(), 8u + 1 + 2 * 3);
  two.clear();
  EXPECT_EQ(two.get(), "");
}

TEST(SharedRecord, WhateverIsSetIsGot) {
  Prng draw(11);
  RecordSamples samples;
  std::vector<SharedRecord> records(20);
  std::vector<std::string> kept(records.size());
  std::string last(900, 'x');
  for (int step = 0; step < 2000; ++step) {
    const size_t which = draw.below(static_cast<uint32_t>(records.size()));
    if (draw.below(20) == 0) last.resize(800 + draw.below(4) * 40, 'y');
    const uint32_t changes = draw.below(8) == 0 ? 600 : draw.below(6);
    for (uint32_t i = 0; i < changes; ++i) {
      last[draw.below(static_cast<uint32_t>(last.size()))] = static_cast<char>(draw.below(256));
    }
    records[which].set(samples, last);
    kept[which] = last;
    for (size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].get(), kept[i]) << step;
  }
}

TEST(SharedRecord, OutlivesTheSamplesThatWereForgotten) {
  SharedRecord record;
  {
    RecordSamples samples;
    record.set(samples, "kept");
    for (char c = 'a'; c < 'z'; ++c) samples.add(std::string(4, c));
  }
  EXPECT_EQ(record.get(), "kept");
}

}  // namespace
}  // namespace flotilla::sim
