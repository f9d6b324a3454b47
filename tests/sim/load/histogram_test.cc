#include "simulator/load/histogram.h"

#include <gtest/gtest.h>

#include "schemas/base/prng.h"

namespace flotilla::sim {
namespace {

TEST(Histogram, BucketsAreInOrderAndKnowTheirSmallestValue) {
  for (size_t i = 0; i + 1 < kBuckets; ++i) {
    ASSERT_LT(bucket_floor(i), bucket_floor(i + 1));
    ASSERT_EQ(bucket_of(bucket_floor(i)), i);
    ASSERT_EQ(bucket_of(bucket_floor(i + 1) - 1), i);
  }
  EXPECT_EQ(bucket_of(UINT64_MAX), kBuckets - 1);
}

TEST(Histogram, QuantilesOfSmallNumbersAreExact) {
  Distribution values;
  EXPECT_EQ(values.quantile(0.5), 0u);
  for (uint64_t value = 1; value <= 20; ++value) values.add(value);
  EXPECT_EQ(values.count(), 20u);
  EXPECT_EQ(values.quantile(0), 1u);
  EXPECT_EQ(values.quantile(0.5), 10u);
  EXPECT_EQ(values.quantile(0.9), 18u);
  EXPECT_EQ(values.quantile(1), 20u);
}

TEST(Histogram, QuantilesOfLargeNumbersAreAtMostOnePartInThirtyTwoTooSmall) {
  std::vector<uint64_t> sorted;
  Distribution values;
  Prng draw(7);
  for (int i = 0; i < 10'000; ++i) sorted.push_back(draw.below(1'000'000));
  for (const uint64_t value : sorted) values.add(value);
  std::sort(sorted.begin(), sorted.end());
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = static_cast<double>(sorted[static_cast<size_t>(share * 10'000) - 1]);
    const auto found = static_cast<double>(values.quantile(share));
    EXPECT_LE(found, exact) << share;
    EXPECT_GE(found, exact * 31 / 32 - 1) << share;
  }
}

TEST(Histogram, PartsOfSeveralProcessesAddUp) {
  SharedHistogram one;
  SharedHistogram two;
  for (uint64_t value = 0; value < 10; ++value) one.add(value);
  for (uint64_t value = 10; value < 20; ++value) two.add(value);
  Distribution sum;
  sum.add(one);
  sum.add(two);
  EXPECT_EQ(sum.count(), 20u);
  EXPECT_EQ(sum.quantile(0.5), 9u);
  EXPECT_EQ(sum.quantile(1), 19u);
}

}  // namespace
}  // namespace flotilla::sim
