#include "controller/artifact/delta/byte_likeness.h"

#include <gtest/gtest.h>

#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::random_bytes;

TEST(ByteLikenessTest, FindsWhatMovedByAnyDistance) {
  Prng random(5);
  const std::string base = random_bytes(random, 100'000);
  const ByteLikeness likeness(as_bytes(base));
  for (const size_t shift : {0u, 1u, 7u, 16u, 333u}) {
    const std::string target = random_bytes(random, shift) + base.substr(0, 50'000);
    EXPECT_EQ(likeness.share(as_bytes(target), shift, 50'000), 1) << shift;
  }
}

TEST(ByteLikenessTest, SaysHowMuchOfItMoved) {
  Prng random(6);
  const std::string base = random_bytes(random, 100'000);
  const std::string target = random_bytes(random, 60'000) + base.substr(30'000, 20'000);
  EXPECT_NEAR(ByteLikeness(as_bytes(base)).share(as_bytes(target), 0, 80'000), 0.25, 0.05);
}

TEST(ByteLikenessTest, StrangersAndScrapsShareNothing) {
  Prng random(7);
  const std::string base = random_bytes(random, 10'000);
  const std::string target = random_bytes(random, 10'000);
  const ByteLikeness likeness(as_bytes(base));
  EXPECT_EQ(likeness.share(as_bytes(target), 0, target.size()), 0);
  EXPECT_EQ(likeness.share(as_bytes(base), 5, 20), 0) << "too few bytes to say";
  EXPECT_EQ(ByteLikeness({}).share(as_bytes(target), 0, target.size()), 0);
}

}  // namespace
}  // namespace flotilla::controller
