#include "controller/artifact/payload.h"

#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "schemas/protocol/delta/memory.h"
#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::decode_all;
using flotilla::testing::fine_tuned;
using flotilla::testing::mutated;
using flotilla::testing::random_bytes;
using flotilla::testing::random_weights;

const std::atomic<bool> kGoOn{false};

class PayloadTest : public ::testing::Test {
 protected:
  Payload build(const std::string& base, const std::string& target, PayloadLimits limits = {}) {
    auto built =
        flotilla::testing::build_payload(hasher_, as_bytes(base), as_bytes(target), limits, kGoOn);
    EXPECT_TRUE(built.ok()) << built.status().reason();
    return built.ok() ? built.value() : Payload();
  }

  /// Builds, checks what the limits promise, and compares what the reference decoder makes of it.
  uint64_t round_trip(const std::string& base, const std::string& target,
                      PayloadLimits limits = {}) {
    const Payload payload = build(base, target, limits);
    check_limits(payload, target.size(), limits);
    EXPECT_EQ(decode_all(hasher_, as_bytes(base), payload), target);
    return payload.manifest.payload_size;
  }

  static void check_limits(const Payload& payload, size_t size, const PayloadLimits& limits) {
    uint64_t end = 0;
    uint64_t bytes = 0;
    uint32_t largest = 1;
    for (const EncodedChunk& chunk : payload.chunks) {
      ASSERT_EQ(chunk.output_offset, end);
      ASSERT_EQ(chunk.output_offset % limits.erase_unit, 0u);
      ASSERT_GT(chunk.output_length, 0u);
      ASSERT_LE(chunk.output_length, kMaxChunkOutput);
      ASSERT_LE(chunk.payload.size(), limits.chunk_max);
      end += chunk.output_length;
      bytes += chunk.payload.size();
      largest = std::max(largest, static_cast<uint32_t>(chunk.payload.size()));
    }
    EXPECT_EQ(end, size);
    EXPECT_EQ(payload.manifest.chunk_count, payload.chunks.size());
    EXPECT_EQ(payload.manifest.payload_size, bytes);
    EXPECT_EQ(payload.manifest.chunk_max, largest);
    EXPECT_EQ(payload.manifest.decoder_memory, delta::decoder_memory(delta::kLargeProfile));
  }

  MbedHasher hasher_;
};

TEST_F(PayloadTest, EverySizeAroundTheUnitBorders) {
  const PayloadLimits limits{.chunk_max = 512 + 256, .erase_unit = 512};
  Prng prng(11);
  const std::string base = random_bytes(prng, 4096);
  for (size_t size = 1; size <= 2100; ++size) {
    if (size > 40 && size % 512 > 20 && size % 512 < 492) continue;
    SCOPED_TRACE(size);
    round_trip("", base.substr(0, size), limits);
    round_trip(base, base.substr(base.size() - size), limits);
    round_trip(base.substr(0, size), base.substr(0, 1500), limits);
  }
}

TEST_F(PayloadTest, MutationsOfEveryKindComeBackExactly) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    const std::string base = seed % 2 == 0 ? random_weights(prng, 1 + prng.below(20000))
                                           : random_bytes(prng, 1 + prng.below(60000));
    std::string target = mutated(prng, base);
    if (seed % 3 == 0) target = mutated(prng, fine_tuned(prng, target));
    if (target.empty()) target = "x";
    const uint32_t unit = 256u << prng.below(5);
    round_trip(base, target, {.chunk_max = unit + 256 + prng.below(4096), .erase_unit = unit});
  }
}

TEST_F(PayloadTest, BlocksThatMovedAreCopied) {
  Prng prng(5);
  const std::string a = random_bytes(prng, 50'000);
  const std::string b = random_bytes(prng, 70'000);
  const std::string c = random_bytes(prng, 30'000);
  EXPECT_LT(round_trip(a + b + c, c + a + "new" + b), 400u);
}

TEST_F(PayloadTest, EqualImagesCostNextToNothing) {
  Prng prng(6);
  const std::string image = random_bytes(prng, 2'000'000);
  EXPECT_LT(round_trip(image, image), 100u);
}

TEST_F(PayloadTest, FineTunedWeightsAreAddedAlsoWhenTheyShift) {
  Prng prng(7);
  const std::string weights = random_weights(prng, 100'000);
  const std::string tuned = fine_tuned(prng, weights);
  const uint64_t full = round_trip("", tuned);
  EXPECT_LT(round_trip(weights, tuned), full * 80 / 100);
  const std::string shifted = random_bytes(prng, 1234) + tuned;
  EXPECT_LT(round_trip(weights, shifted), full * 80 / 100);
}

TEST_F(PayloadTest, UnrelatedBaseCostsNoMoreThanNone) {
  Prng prng(8);
  const std::string target = random_bytes(prng, 200'000);
  const uint64_t full = round_trip("", target);
  EXPECT_LE(round_trip(random_bytes(prng, 180'000), target), full + full / 200);
}

TEST_F(PayloadTest, RandomBytesGrowByThePriceOfRawOps) {
  Prng prng(9);
  const std::string target = random_bytes(prng, 1 << 20);
  const Payload payload = build("", target);
  EXPECT_LT(payload.manifest.payload_size, target.size() + payload.chunks.size() * 64);
}

TEST_F(PayloadTest, OneUnitAlwaysFitsTheSmallestChunk) {
  // Each symbol is the one that the adaptive model thinks least likely: worse than random bytes.
  Prng prng(10);
  std::string target;
  for (int i = 0; i < 30'000; ++i) target.push_back(static_cast<char>(i * 37 + i / 256 * 101));
  for (const uint32_t unit : {64u, 4096u, 32u * 1024 - 256}) {
    round_trip("", target, {.chunk_max = unit + 256, .erase_unit = unit});
    round_trip("", random_bytes(prng, 70'000), {.chunk_max = unit + 256, .erase_unit = unit});
  }
}

TEST_F(PayloadTest, ZerosOfAHugeImageKeepTheOutputLimit) {
  const std::string zeros(1'000'000, '\0');
  EXPECT_LT(round_trip("", zeros), 25'000u);
  EXPECT_LT(round_trip(zeros, zeros), 100u);
  EXPECT_LT(round_trip(zeros.substr(0, 1000), zeros), 25'000u);
}

TEST_F(PayloadTest, SameInputSameBytes) {
  Prng prng(12);
  const std::string base = random_weights(prng, 30'000);
  const std::string target = mutated(prng, fine_tuned(prng, base));
  const Payload a = build(base, target);
  const Payload b = build(base, target);
  EXPECT_EQ(a.manifest.merkle_root, b.manifest.merkle_root);
  EXPECT_EQ(a.paths, b.paths);
}

TEST_F(PayloadTest, RefusesWhatItCannotKeep) {
  const std::string some(100, 'x');
  const uint32_t least = delta::decoder_memory(delta::kSmallProfile);
  const auto code = [&](const std::string& target, PayloadLimits limits) {
    return flotilla::testing::build_payload(hasher_, {}, as_bytes(target), limits, kGoOn)
        .status()
        .code();
  };
  EXPECT_EQ(code("", {}), Code::kInvalidArgument);
  EXPECT_EQ(code(some, {.erase_unit = 0}), Code::kInvalidArgument);
  EXPECT_EQ(code(some, {.chunk_max = 4096 + 255, .erase_unit = 4096}), Code::kInvalidArgument);
  EXPECT_EQ(code(some, {.chunk_max = kChunkMaxLimit + 1}), Code::kInvalidArgument);
  EXPECT_EQ(code(some, {.decoder_memory = least - 1}), Code::kResourceExhausted);
  EXPECT_EQ(code(some, {.decoder_memory = least}), Code::kOk);
  Prng prng(13);
  EXPECT_EQ(code(random_bytes(prng, size_t{64} * 5 * (kMaxChunks + 1)),
                 {.chunk_max = 320, .erase_unit = 64}),
            Code::kResourceExhausted);
}

TEST_F(PayloadTest, CancelledBuildsStop) {
  Prng prng(14);
  const std::string base = random_bytes(prng, 300'000);
  const std::atomic<bool> stop{true};
  EXPECT_EQ(flotilla::testing::build_payload(hasher_, as_bytes(base), as_bytes(base), {}, stop)
                .status()
                .code(),
            Code::kAborted);
  EXPECT_EQ(flotilla::testing::build_payload(hasher_, {}, as_bytes(base), {}, stop).status().code(),
            Code::kAborted);
}

TEST(DeltaIsWorthIt, UpToNineteenTwentieths) {
  EXPECT_TRUE(delta_is_worth_it(0, 0));
  EXPECT_TRUE(delta_is_worth_it(95, 100));
  EXPECT_FALSE(delta_is_worth_it(96, 100));
  EXPECT_FALSE(delta_is_worth_it(100, 100));
}

}  // namespace
}  // namespace flotilla::controller
