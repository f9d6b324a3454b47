#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "schemas/base/crc32c.h"
#include "schemas/base/prng.h"

namespace flotilla {
namespace {

std::array<uint8_t, 32> filled(uint8_t value) {
  std::array<uint8_t, 32> bytes;
  bytes.fill(value);
  return bytes;
}

// RFC 3720, appendix B.4.
TEST(Crc32c, MatchesTheVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(filled(0)), 0x8A9136AAu);
  EXPECT_EQ(crc32c(filled(0xFF)), 0x62A8AB43u);
  std::array<uint8_t, 32> bytes;
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  EXPECT_EQ(crc32c(bytes), 0x46DD794Eu);
  std::reverse(bytes.begin(), bytes.end());
  EXPECT_EQ(crc32c(bytes), 0x113FDB5Cu);
}

TEST(Crc32c, MatchesTheCheckValueAndContinues) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283u);
}

// Reference values of SplitMix64 with seed 1234567 (prng.di.unimi.it/splitmix64.c).
TEST(Prng, MatchesTheReferenceOfSplitMix64) {
  Prng prng(1234567);
  EXPECT_EQ(prng.next(), 6457827717110365317u);
  EXPECT_EQ(prng.next(), 3203168211198807973u);
  EXPECT_EQ(prng.next(), 9817491932198370423u);
  EXPECT_EQ(prng.next(), 4593380528125082431u);
  EXPECT_EQ(prng.next(), 16408922859458223821u);
}

TEST(Prng, BelowStaysBelowAndReachesEverything) {
  Prng prng(1);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen[prng.below(6)];
  for (int count : seen) EXPECT_GT(count, 800);
  EXPECT_EQ(prng.below(0), 0u);
  EXPECT_EQ(prng.below(1), 0u);
}

TEST(Prng, SplitsDependOnTheNameAndTheStateAlone) {
  const Prng root(7);
  EXPECT_EQ(root.split("network").next(), root.split("network").next());
  EXPECT_NE(root.split("network").next(), root.split("disk").next());
  EXPECT_NE(root.split("network").next(), Prng(8).split("network").next());
  EXPECT_NE(root.split("").next(), Prng(7).next());
}

}  // namespace
}  // namespace flotilla
