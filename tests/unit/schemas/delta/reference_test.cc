// Device, encoder and the decoder that was written from the specification alone agree: on chunks
// of every operation, type and predictor, and on what is wrong with damaged ones.

#include <gtest/gtest.h>

#include "schemas/base/prng.h"
#include "tests/support/delta_bench.h"
#include "tests/support/delta_ops.h"
#include "tests/support/delta_reference.h"

namespace flotilla::testing {
namespace {

ReferenceJob job_of(const DeltaCase& chunk, uint32_t memory) {
  return {chunk.base, chunk.output_offset, chunk.output_length(), memory};
}

TEST(DeltaReferenceTest, EveryOperationComesBackFromBothDecoders) {
  uint32_t kinds[8] = {};
  uint32_t predictors[8] = {};
  uint32_t rounded = 0;
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(seed);
    const DeltaCase chunk = random_case(seed);
    for (const controller::PlannedOp& op : chunk.ops) {
      ++kinds[static_cast<size_t>(op.header.kind)];
      if (is_typed(op.header.kind)) {
        ++predictors[static_cast<size_t>(op.header.typed.predictor.predictor)];
        if (op.header.typed.is_rounded) ++rounded;
      }
    }
    const std::vector<uint8_t> payload = encode_case(chunk);
    const uint32_t memory = delta::decoder_memory(chunk.profile);
    const ReferenceResult wanted = reference_decode(job_of(chunk, memory), payload);
    ASSERT_EQ(wanted.verdict, Verdict::kAccepted);
    ASSERT_EQ(wanted.output, chunk.output());
    DeltaBench bench(chunk.base, chunk.output_offset, chunk.output_length(), memory);
    const Status status = bench.run(payload);
    ASSERT_TRUE(status.ok()) << status.reason();
    ASSERT_EQ(bench.storage().output(), chunk.output());
    ASSERT_TRUE(bench.kept_its_bounds());
  }
  for (const uint32_t count : kinds) EXPECT_GT(count, 300u);
  for (const uint32_t count : predictors) EXPECT_GT(count, 100u);
  EXPECT_GT(rounded, 200u);
}

/// A payload with some damage, and sometimes nothing but noise behind a good header.
std::vector<uint8_t> damaged(Prng& random, std::vector<uint8_t> payload) {
  if (random.below(4) == 0) {
    payload.resize(std::min<size_t>(payload.size(), 5 + random.below(14)));
    for (uint32_t n = random.below(80); n > 0; --n) {
      payload.push_back(static_cast<uint8_t>(random.next()));
    }
  }
  for (uint32_t flips = random.below(4); flips > 0 && !payload.empty(); --flips) {
    payload[random.below(static_cast<uint32_t>(payload.size()))] ^=
        static_cast<uint8_t>(1 << random.below(8));
  }
  if (random.below(4) == 0) payload.resize(random.below(static_cast<uint32_t>(payload.size()) + 1));
  if (random.below(4) == 0) payload.push_back(static_cast<uint8_t>(random.next()));
  return payload;
}

TEST(DeltaReferenceTest, BothSayTheSameOfDamagedPayloads) {
  uint32_t verdicts[4] = {};
  for (uint64_t seed = 1; seed <= 6000; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const DeltaCase chunk = random_case(seed % 400 + 1);
    const std::vector<uint8_t> payload = damaged(random, encode_case(chunk));
    // One more or fewer byte of memory, base or output than the encoder had, now and then.
    const uint32_t memory = delta::decoder_memory(static_cast<uint8_t>(random.below(2))) +
                            random.below(2) * random.below(20);
    Bytes base = chunk.base;
    if (random.below(8) == 0)
      base = base.first(random.below(static_cast<uint32_t>(base.size()) + 1));
    const uint32_t length = chunk.output_length() + (random.below(8) == 0 ? 1 : 0);
    const ReferenceResult wanted =
        reference_decode({base, chunk.output_offset, length, memory}, payload);
    DeltaBench bench(base, chunk.output_offset, length, memory);
    ASSERT_EQ(bench.verdict(payload), wanted.verdict);
    if (!wanted.output.empty()) {
      ASSERT_EQ(bench.storage().output(), wanted.output);
    }
    ASSERT_TRUE(bench.kept_its_bounds());
    ++verdicts[static_cast<size_t>(wanted.verdict)];
  }
  for (const uint32_t count : verdicts) EXPECT_GT(count, 50u);
}

}  // namespace
}  // namespace flotilla::testing
