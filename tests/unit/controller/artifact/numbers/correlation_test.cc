#include "controller/artifact/numbers/correlation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "schemas/base/prng.h"

namespace flotilla::controller {
namespace {

std::vector<float> noise(Prng& random, size_t count) {
  std::vector<float> out(count);
  for (float& value : out) value = static_cast<float>(random.below(2001)) / 1000.0f - 1;
  return out;
}

CorrelationPeak search(const std::vector<float>& pattern, const std::vector<float>& series) {
  return find_correlation(pattern, series.size(), [&](uint64_t first, std::span<float> out) {
    std::copy_n(series.begin() + static_cast<int64_t>(first), out.size(), out.begin());
  });
}

TEST(Correlation, OfScaledAndShiftedRowsIsOne) {
  EXPECT_NEAR(correlation(std::vector<float>{1, 2, 3}, std::vector<float>{12, 14, 16}), 1, 1e-9);
  EXPECT_NEAR(correlation(std::vector<float>{1, 2, 3}, std::vector<float>{3, 2, 1}), -1, 1e-9);
  EXPECT_EQ(correlation(std::vector<float>{1, 2, 3}, std::vector<float>{5, 5, 5}), 0);
  EXPECT_EQ(correlation({}, {}), 0);
}

TEST(Correlation, FindsAPatternAtEveryKindOfPlace) {
  Prng random(11);
  const std::vector<float> series = noise(random, 20'000);
  for (const size_t at : {0u, 1u, 3072u, 3073u, 9'999u, 18'976u}) {
    std::vector<float> pattern(series.begin() + static_cast<int64_t>(at),
                               series.begin() + static_cast<int64_t>(at) + 1024);
    for (float& value : pattern) value = 3 * value + 5;
    const CorrelationPeak peak = search(pattern, series);
    EXPECT_EQ(peak.at, at);
    EXPECT_NEAR(peak.height, 1, 1e-3);
  }
}

TEST(Correlation, FindsAPatternUnderNoiseAsLoudAsItself) {
  Prng random(12);
  const std::vector<float> series = noise(random, 50'000);
  const std::vector<float> other = noise(random, 1024);
  std::vector<float> pattern(series.begin() + 31'234, series.begin() + 31'234 + 1024);
  for (size_t i = 0; i < pattern.size(); ++i) pattern[i] += other[i];
  const CorrelationPeak peak = search(pattern, series);
  EXPECT_EQ(peak.at, 31'234u);
  EXPECT_NEAR(peak.height, 0.707, 0.05);
}

TEST(Correlation, HugeValuesHideNothing) {
  Prng random(14);
  std::vector<float> series = noise(random, 20'000);
  for (size_t i = 0; i < 20'000; i += 4096) series[i] = 3e38f;
  const std::vector<float> pattern(series.begin() + 4100, series.begin() + 5124);
  const CorrelationPeak peak = search(pattern, series);
  EXPECT_EQ(peak.at, 4100u);
  EXPECT_NEAR(peak.height, 1, 1e-3);
}

TEST(Correlation, UnrelatedAndSilentSeriesStayLow) {
  Prng random(13);
  const std::vector<float> pattern = noise(random, 1024);
  EXPECT_LT(search(pattern, noise(random, 50'000)).height, 0.2);
  EXPECT_EQ(search(pattern, std::vector<float>(5000, 0.0f)).height, 0);
  EXPECT_EQ(search(pattern, noise(random, 1023)).height, 0) << "shorter than the pattern";
}

}  // namespace
}  // namespace flotilla::controller
