#include "controller/artifact/numbers/find_numbers.h"

#include <gtest/gtest.h>

#include "tests/support/adapter_payloads.h"
#include "tests/support/delta_models.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::fine_tuned;
using flotilla::testing::numbers_as;
using flotilla::testing::random_bytes;
using flotilla::testing::random_weights;

const std::atomic<bool> kGoOn{false};

/// Bytes of the target, in all, whose counterpart lies `shift` bytes further on in the base.
uint64_t matched(const FoundNumbers& found, int64_t shift) {
  uint64_t bytes = 0;
  for (const TensorSpan& old : found.base.tensors) {
    for (const TensorSpan& now : found.target.tensors) {
      if (now.name != old.name) continue;
      EXPECT_EQ(now.shape, old.shape);
      if (static_cast<int64_t>(old.offset) - static_cast<int64_t>(now.offset) == shift) {
        bytes += now.size;
      }
    }
  }
  return bytes;
}

TEST(FindNumbers, MatchesAFineTuneBehindAnotherHead) {
  Prng random(31);
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBfloat16}) {
    SCOPED_TRACE(dtype_name(dtype));
    const std::string weights = random_weights(random, 100'000);
    const std::string base = random_bytes(random, 5001) + numbers_as(dtype, weights);
    const std::string target =
        random_bytes(random, 9302) + numbers_as(dtype, fine_tuned(random, weights)) + "end";
    const FoundNumbers found = find_numbers(as_bytes(base), as_bytes(target), kGoOn);
    EXPECT_GT(matched(found, 5001 - 9302), (target.size() - 9302) * 95 / 100);
  }
}

TEST(FindNumbers, MatchesTensorsInAnotherOrder) {
  Prng random(32);
  const std::string first = random_weights(random, 60'000);
  const std::string second = random_weights(random, 50'000);
  const std::string target = fine_tuned(random, second) + fine_tuned(random, first);
  const FoundNumbers found = find_numbers(as_bytes(first + second), as_bytes(target), kGoOn);
  const int64_t forth = static_cast<int64_t>(first.size());
  const int64_t back = static_cast<int64_t>(second.size());
  EXPECT_GT(matched(found, forth), second.size() * 95 / 100);
  EXPECT_GT(matched(found, -back), first.size() * 95 / 100);
}

TEST(FindNumbers, MatchesAConversion) {
  Prng random(33);
  const std::string singles = random_weights(random, 80'000);
  const std::string halves = numbers_as(DType::kFloat16, singles);
  const FoundNumbers found = find_numbers(as_bytes(singles), as_bytes(halves), kGoOn);
  ASSERT_EQ(found.base.tensors.size(), 1u);
  EXPECT_EQ(found.base.tensors[0].dtype, DType::kFloat32);
  EXPECT_EQ(found.base.tensors[0].offset, 0u);
  EXPECT_EQ(found.target.tensors[0].shape, std::vector<uint64_t>{80'000});
}

TEST(FindNumbers, UnrelatedWeightsHaveNoCounterpart) {
  Prng random(34);
  const std::string base = random_weights(random, 200'000);
  const std::string target = random_weights(random, 200'000);
  const FoundNumbers found = find_numbers(as_bytes(base), as_bytes(target), kGoOn);
  EXPECT_TRUE(found.base.tensors.empty());
  ASSERT_EQ(found.target.tensors.size(), 1u);
  EXPECT_EQ(found.target.tensors[0].size, target.size());
  EXPECT_EQ(find_numbers({}, as_bytes(target), kGoOn).target.tensors.size(), 1u) << "no base";
}

TEST(FindNumbers, SpansLieInTheirFilesInOrder) {
  Prng random(35);
  for (int round = 0; round < 20; ++round) {
    std::string base = random_weights(random, 30'000 + random.below(9000));
    std::string target = fine_tuned(random, base);
    base = flotilla::testing::spoilt(random, base);
    target = flotilla::testing::spoilt(random, target);
    const FoundNumbers found = find_numbers(as_bytes(base), as_bytes(target), kGoOn);
    uint64_t end = 0;
    for (const TensorSpan& span : found.target.tensors) {
      EXPECT_GE(span.offset, end);
      end = span.offset + span.size;
    }
    EXPECT_LE(end, target.size());
    for (const TensorSpan& span : found.base.tensors) {
      EXPECT_LE(span.offset + span.size, base.size());
    }
  }
}

TEST(FindNumbers, CanBeCancelled) {
  Prng random(36);
  const std::string weights = random_weights(random, 30'000);
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(find_numbers(as_bytes(weights), as_bytes(weights), stop).target.tensors.empty());
}

}  // namespace
}  // namespace flotilla::controller
