// Slices of operations, and how chunks are cut from a plan.

#include "controller/artifact/delta/chunk_packer.h"

#include <gtest/gtest.h>

#include "schemas/base/prng.h"
#include "schemas/protocol/delta/chunk_header.h"
#include "tests/support/delta_models.h"
#include "tests/support/delta_reference.h"

namespace flotilla::controller {
namespace {

using delta::Element;
using delta::Op;
using delta::Predictor;
using flotilla::testing::reference_decode;
using flotilla::testing::Verdict;

const std::atomic<bool> kGoOn{false};

/// 20 halves from 100 on, in rows of 6, the first at place 4 of its row.
PlannedOp rows_of_halves() {
  PlannedOp op;
  op.target_offset = 100;
  op.header.kind = Op::kTyped;
  op.header.length = 20;
  op.header.base_offset = 1000;
  op.header.phase = 4;
  op.header.typed.row = 6;
  op.header.typed.predictor.predictor = Predictor::kRowScale;
  op.header.typed.predictor.target = Element::kHalf;
  op.header.typed.predictor.base = Element::kSingle;
  op.factors = std::make_shared<Factors>(Factors{10, 11, 12, 13});
  return op;
}

TEST(SliceTest, BytesKeepTheirSource) {
  const auto parts = slice(byte_op(Op::kPatch, 50, 40, 7), 60, 200);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].target_offset, 60u);
  EXPECT_EQ(parts[0].size(), 30u);
  EXPECT_EQ(parts[0].header.base_offset, 17u);
}

TEST(SliceTest, ElementsKeepPhaseRowAndSource) {
  const PlannedOp op = rows_of_halves();
  EXPECT_EQ(op.factor(0), 10u);
  EXPECT_EQ(op.factor(2), 11u);
  const auto parts = slice(op, 106, 130);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].header.length, 12u);
  EXPECT_EQ(parts[0].header.base_offset, 1012u);
  EXPECT_EQ(parts[0].header.phase, 1u);
  EXPECT_EQ(parts[0].first_row, 1u);
  for (uint32_t i = 0; i < 12; ++i) EXPECT_EQ(parts[0].factor(i), op.factor(i + 3));
}

TEST(SliceTest, ElementsThatABorderCutsBecomeBytes) {
  const auto parts = slice(rows_of_halves(), 107, 125);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].header.kind, Op::kLiteral);
  EXPECT_EQ(parts[0].size(), 1u);
  EXPECT_EQ(parts[1].header.length, 8u);
  EXPECT_EQ(parts[2].size(), 1u);
  const auto within = slice(rows_of_halves(), 107, 108);
  ASSERT_EQ(within.size(), 1u);
  EXPECT_EQ(within[0].header.kind, Op::kLiteral);
}

TEST(SliceTest, SlicesOfAnyCutsCoverTheOperation) {
  const PlannedOp op = rows_of_halves();
  for (uint64_t cut = 101; cut < 140; ++cut) {
    uint64_t at = 100;
    for (const auto& parts : {slice(op, 0, cut), slice(op, cut, 999)}) {
      for (const PlannedOp& part : parts) {
        EXPECT_EQ(part.target_offset, at);
        at = part.end();
      }
    }
    EXPECT_EQ(at, 140u);
  }
}

struct Sample {
  std::string base;
  std::string target;
  DeltaPlan plan;
};

Sample make_sample(uint64_t seed) {
  Prng random(seed);
  const auto model =
      flotilla::testing::make_model(random, flotilla::testing::SampleModel::Format::kSafetensors);
  Sample sample;
  sample.base = model.file();
  sample.target = flotilla::testing::updated(random, model, static_cast<uint32_t>(seed % 9)).file();
  InOrder parallel;
  sample.plan = plan_delta(as_bytes(sample.base), read_model(as_bytes(sample.base)).value(),
                           as_bytes(sample.target), read_model(as_bytes(sample.target)).value(),
                           delta::kSmallProfile, parallel, kGoOn);
  return sample;
}

TEST(DeltaPlanTest, OperationsCoverAnyRange) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const Sample sample = make_sample(seed);
    Prng random(seed);
    for (int i = 0; i < 20; ++i) {
      const uint32_t size = static_cast<uint32_t>(sample.target.size());
      const uint64_t begin = random.below(size);
      const uint64_t end = begin + 1 + random.below(static_cast<uint32_t>(size - begin));
      uint64_t at = begin;
      for (const PlannedOp& op : sample.plan.operations(begin, end)) {
        ASSERT_LE(op.target_offset, at);
        ASSERT_GT(op.end(), at);
        at = op.end();
      }
      ASSERT_GE(at, end);
    }
  }
}

TEST(DeltaPlanTest, ExpectsChunksToEndWhereTheirBudgetDoes) {
  DeltaPlan plan;
  plan.notes = {{{100, 200}, "numbers", 50}, {{200, 300}, "bytes", 0}, {{400, 500}, "copy", 1}};
  EXPECT_EQ(plan.expected_end(0, 900, 20, 0.25), 80u);
  EXPECT_EQ(plan.expected_end(0, 900, 50, 0.25), 150u) << "25 before the tensor, 25 in it";
  EXPECT_EQ(plan.expected_end(150, 900, 25 + 50, 0.25), 400u);
  EXPECT_EQ(plan.expected_end(150, 900, 25 + 50 + 1, 0.25), 500u);
  EXPECT_EQ(plan.expected_end(600, 900, 10, 0.5), 620u);
}

TEST(ChunkPackerTest, CutsAtUnitsWithinTheLimit) {
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    const Sample sample = make_sample(seed);
    PayloadLimits limits;
    limits.erase_unit = 1u << (seed % 10);
    limits.chunk_max = limits.erase_unit + 256 + static_cast<uint32_t>(seed * 37 % 900);
    ChunkPacker packer(as_bytes(sample.base), as_bytes(sample.target), sample.plan, limits);
    const auto chunks = packer.pack(0, sample.target.size(), kGoOn);
    std::string out;
    for (const EncodedChunk& chunk : chunks) {
      ASSERT_EQ(chunk.output_offset, out.size());
      ASSERT_EQ(chunk.output_offset % limits.erase_unit, 0u);
      ASSERT_LE(chunk.payload.size(), limits.chunk_max);
      const auto decoded =
          reference_decode({as_bytes(sample.base), chunk.output_offset, chunk.output_length},
                           as_bytes(chunk.payload));
      ASSERT_EQ(decoded.verdict, Verdict::kAccepted);
      out.append(decoded.output.begin(), decoded.output.end());
    }
    ASSERT_EQ(out, sample.target);
  }
}

TEST(ChunkPackerTest, LeavesRoomUnusedOnlyForAUnit) {
  const Sample sample = make_sample(9);
  const PayloadLimits limits{.chunk_max = 2000, .erase_unit = 16};
  ChunkPacker packer(as_bytes(sample.base), as_bytes(sample.target), sample.plan, limits);
  const auto chunks = packer.pack(0, sample.target.size(), kGoOn);
  ASSERT_GT(chunks.size(), 2u);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_GT(chunks[i].payload.size(), 1850u) << i;
}

TEST(ChunkPackerTest, StopsWhenCancelled) {
  const Sample sample = make_sample(1);
  const std::atomic<bool> stop{true};
  ChunkPacker packer(as_bytes(sample.base), as_bytes(sample.target), sample.plan, {});
  EXPECT_TRUE(packer.pack(0, sample.target.size(), stop).empty());
}

}  // namespace
}  // namespace flotilla::controller
