// Probabilities, their logarithms and mixers: bounds, order, and what the specification says.

#include "schemas/protocol/delta/adaptive_bit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "schemas/base/prng.h"
#include "tests/support/delta_reference.h"

namespace flotilla::delta {
namespace {

TEST(AdaptiveBitTest, StaysWithinItsBoundsAndLearns) {
  BitSet<1> set;
  set.reset();
  for (int i = 0; i < 5000; ++i) {
    const uint16_t before = set.zero[0];
    at(set, 0).adapt(true);
    ASSERT_LE(set.zero[0], before);
    ASSERT_GE(set.zero[0], kLeast);
  }
  EXPECT_EQ(set.zero[0], kLeast);
  for (int i = 0; i < 5000; ++i) at(set, 0).adapt(false);
  EXPECT_EQ(set.zero[0], 65536 - kLeast);
}

TEST(AdaptiveBitTest, ApproachesTheShareOfZeros) {
  Prng random(1);
  BitSet<1> set;
  set.reset();
  double mean = 0;
  for (int i = 0; i < 20000; ++i) {
    at(set, 0).adapt(random.below(10) == 0);
    if (i >= 10000) mean += set.zero[0] / 65536.0 / 10000;
  }
  EXPECT_NEAR(mean, 0.9, 0.01);
}

TEST(AdaptiveBitTest, TheFirstBitsCountMost) {
  BitSet<1> set;
  set.reset();
  at(set, 0).adapt(false);
  EXPECT_GT(set.zero[0], 50000);
}

TEST(LogisticTest, StretchIsTheLogarithmOfTheOdds) {
  int32_t before = INT32_MIN;
  for (uint32_t p = 1; p < 65536; ++p) {
    const int32_t x = stretch(p);
    ASSERT_GE(x, before) << p;
    ASSERT_EQ(x, flotilla::testing::reference_stretch(p)) << p;
    ASSERT_NEAR(x, 256 * std::log2(p / (65536.0 - p)), 9) << p;
    before = x;
  }
}

TEST(LogisticTest, SquashIsItsInverseAndSymmetric) {
  uint32_t before = 0;
  for (int32_t x = -5000; x <= 5000; ++x) {
    const uint32_t p = squash(x);
    ASSERT_GE(p, before) << x;
    ASSERT_EQ(p, flotilla::testing::reference_squash(x)) << x;
    ASSERT_EQ(squash(-x), 65536 - p) << x;
    ASSERT_GE(p, kLeast);
    ASSERT_LE(p, 65536 - kLeast);
    if (std::abs(x) < 2800) {
      ASSERT_NEAR(p, 65536 / (1 + std::exp2(-x / 256.0)), 700) << x;
    }
    before = p;
  }
}

TEST(MixerTest, ComesToTrustTheBetterOpinion) {
  Prng random(2);
  Mixer mixer;
  mixer.reset();
  for (int i = 0; i < 4000; ++i) {
    const bool bit = random.below(2) == 0;
    const int32_t right = bit ? -900 : 900;
    const int32_t noise = static_cast<int32_t>(random.below(1800)) - 900;
    mixer.adapt(right, noise, mixer.mix(right, noise), bit);
  }
  EXPECT_GT(mixer.weight[0], Mixer::kOne / 2);
  EXPECT_LT(std::abs(mixer.weight[1]), Mixer::kOne / 4);
}

TEST(MixerTest, WeightsAndProbabilitiesHaveLimits) {
  Mixer mixer;
  mixer.reset();
  const int32_t far = stretch(65536 - kLeast);
  for (int i = 0; i < 100000; ++i) {
    const uint32_t p = mixer.mix(far, -far);
    ASSERT_GE(p, kLeast);
    ASSERT_LE(p, 65536 - kLeast);
    mixer.adapt(far, -far, p, i % 3 == 0);
  }
  for (const int32_t weight : mixer.weight) EXPECT_LE(std::abs(weight), Mixer::kLimit);
}

}  // namespace
}  // namespace flotilla::delta
