// Headers and operations come back as they were written; numbers of every width.

#include <gtest/gtest.h>

#include "controller/artifact/delta/range_encoder.h"
#include "schemas/base/prng.h"
#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/delta/range_decoder.h"

namespace flotilla::delta {
namespace {

TEST(ChunkHeaderTest, ComesBack) {
  Prng random(1);
  for (int i = 0; i < 5000; ++i) {
    ChunkHeader header;
    header.profile = static_cast<uint8_t>(random.below(kProfileCount));
    header.output_checksum = static_cast<uint32_t>(random.next());
    if (random.below(3) != 0) {
      header.base_begin = static_cast<uint32_t>(random.next() >> (32 + random.below(32)));
      header.base_length = 1 + static_cast<uint32_t>(random.next() >> (33 + random.below(31)));
      header.base_checksum = static_cast<uint32_t>(random.next());
    }
    uint8_t bytes[kMaxChunkHeader + 1] = {};
    const size_t size = write_chunk_header(header, bytes);
    ASSERT_LE(size, kMaxChunkHeader);
    Bytes rest(bytes, size + 1);
    ChunkHeader back;
    ASSERT_TRUE(read_chunk_header(rest, back));
    ASSERT_EQ(rest.size(), 1u);
    ASSERT_EQ(back.profile, header.profile);
    ASSERT_EQ(back.output_checksum, header.output_checksum);
    ASSERT_EQ(back.base_begin, header.base_begin);
    ASSERT_EQ(back.base_length, header.base_length);
    ASSERT_EQ(back.base_checksum, header.base_checksum);
    for (size_t cut = 0; cut < size; ++cut) {
      Bytes shorter(bytes, cut);
      ASSERT_FALSE(read_chunk_header(shorter, back)) << cut;
    }
  }
}

TEST(RangeCoderTest, BitsOfAnyProbabilityComeBack) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Prng random(seed);
    const uint32_t count = 1 + random.below(3000);
    std::string coded;
    controller::RangeEncoder encoder(coded);
    Prng draws = random;
    const auto probability = [](Prng& prng) {
      const uint32_t kind = prng.below(4);
      if (kind == 0) return kLeast;
      return kind == 1 ? 65536 - kLeast : kLeast + prng.below(65536 - 2 * kLeast);
    };
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t p = probability(draws);
      encoder.bit(p, draws.below(65536) >= p);
      if (i % 7 != 0) continue;
      const uint32_t bits = draws.below(33);
      encoder.direct(bits, static_cast<uint32_t>(draws.next()));
    }
    encoder.finish();
    EXPECT_TRUE(coded.empty() || coded.back() != '\0');
    RangeDecoder decoder(as_bytes(coded));
    draws = random;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t p = probability(draws);
      ASSERT_EQ(decoder.bit(p), draws.below(65536) >= p) << seed;
      if (i % 7 != 0) continue;
      const uint32_t bits = draws.below(33);
      const uint64_t mask = (uint64_t{1} << bits) - 1;
      ASSERT_EQ(decoder.direct(bits), static_cast<uint32_t>(draws.next()) & mask) << seed;
    }
    EXPECT_TRUE(decoder.exhausted());
  }
}

/// A carry through many 0xFF bytes, which the encoder has to hold back.
TEST(RangeCoderTest, CarriesRunThroughHeldBackBytes) {
  for (uint32_t run = 1; run < 60; ++run) {
    std::string coded;
    controller::RangeEncoder encoder(coded);
    for (uint32_t i = 0; i < run * 8; ++i) encoder.direct(1, 1);
    encoder.bit(kLeast, true);
    encoder.direct(32, 0xFFFFFFFF);
    encoder.finish();
    RangeDecoder decoder(as_bytes(coded));
    for (uint32_t i = 0; i < run * 8; ++i) ASSERT_EQ(decoder.direct(1), 1u);
    ASSERT_TRUE(decoder.bit(kLeast));
    ASSERT_EQ(decoder.direct(32), 0xFFFFFFFF);
    ASSERT_TRUE(decoder.exhausted());
  }
}

class SyntaxTest : public ::testing::Test {
 protected:
  SyntaxTest() { model_.reset(); }

  std::vector<OpHeader> back(const std::vector<OpHeader>& ops, uint64_t position) {
    std::string coded;
    controller::RangeEncoder encoder(coded);
    SyntaxState state;
    state.cursor = position;
    SyntaxCoder<controller::RangeEncoder> writer(encoder, model_, state);
    uint64_t at = position;
    for (OpHeader op : ops) {
      writer.op(op, at);
      at += op.output_size();
    }
    encoder.finish();
    EXPECT_FALSE(writer.malformed());
    model_.reset();
    RangeDecoder decoder(as_bytes(coded));
    SyntaxState other;
    other.cursor = position;
    SyntaxCoder<RangeDecoder> reader(decoder, model_, other);
    std::vector<OpHeader> out;
    at = position;
    for (size_t i = 0; i < ops.size(); ++i) {
      OpHeader op;
      reader.op(op, at);
      at += op.output_size();
      out.push_back(op);
    }
    EXPECT_FALSE(reader.malformed());
    model_.reset();
    return out;
  }

  SyntaxModel model_;
};

TEST_F(SyntaxTest, LengthsAndPlacesOfEveryWidth) {
  for (uint32_t width = 0; width < 30; ++width) {
    for (const int32_t off : {-1, 0, 1}) {
      const int64_t value = (int64_t{1} << width) + off;
      if (value < 1 || value > INT32_MAX / 2) continue;
      OpHeader copy;
      copy.length = static_cast<uint32_t>(value);
      copy.base_offset = static_cast<uint64_t>(value) * 2;
      OpHeader repeat;
      repeat.kind = Op::kRepeat;
      repeat.length = 1;
      repeat.distance = static_cast<uint32_t>(value);
      const auto ops = back({copy, repeat}, 1000000);
      EXPECT_EQ(ops[0].length, copy.length);
      EXPECT_EQ(ops[0].base_offset, copy.base_offset);
      EXPECT_EQ(ops[1].distance, repeat.distance);
    }
  }
}

TEST_F(SyntaxTest, RecentSourcesAreRemembered) {
  std::vector<OpHeader> ops;
  Prng random(3);
  for (int i = 0; i < 300; ++i) {
    OpHeader op;
    op.kind = random.below(2) == 0 ? Op::kPatch : Op::kRevise;
    op.length = 10;
    op.base_offset = op.kind == Op::kPatch ? 500 * random.below(5) + 10 * random.below(3) : 0;
    op.distance = op.kind == Op::kRevise ? 1 + random.below(6) : 0;
    ops.push_back(op);
  }
  const auto out = back(ops, 77);
  for (size_t i = 0; i < ops.size(); ++i) {
    EXPECT_EQ(out[i].kind, ops[i].kind);
    if (ops[i].kind == Op::kPatch) {
      EXPECT_EQ(out[i].base_offset, ops[i].base_offset) << i;
    }
    if (ops[i].kind == Op::kRevise) {
      EXPECT_EQ(out[i].distance, ops[i].distance) << i;
    }
  }
}

TEST_F(SyntaxTest, TermsAreWrittenOnceAndKept) {
  OpHeader op;
  op.kind = Op::kTyped;
  op.length = 5;
  op.base_offset = 40;
  op.typed.predictor = {Predictor::kQuantise, Element::kUnsigned, Element::kSingle,
                        0x3C000000,           0xBF800000,         -128};
  op.typed.columns = kMaxPeriod;
  op.phase = kMaxPeriod - 1;
  op.level = 1023;
  OpHeader row = op;
  row.typed.predictor = {Predictor::kRowScale, Element::kHalf, Element::kBrain, 0, 0, 0};
  row.typed.columns = 3;
  row.typed.row = 12;
  row.phase = 11;
  row.level = 0;
  const auto out = back({op, op, row, row, op}, 0);
  for (const size_t i : {0u, 1u, 4u}) {
    EXPECT_EQ(out[i].typed.predictor.factor, 0x3C000000u);
    EXPECT_EQ(out[i].typed.predictor.offset, 0xBF800000u);
    EXPECT_EQ(out[i].typed.predictor.zero_point, -128);
    EXPECT_EQ(out[i].typed.columns, kMaxPeriod);
    EXPECT_EQ(out[i].phase, kMaxPeriod - 1);
    EXPECT_EQ(out[i].level, 1023u);
  }
  EXPECT_EQ(out[3].typed.row, 12u);
  EXPECT_EQ(out[3].phase, 11u);
  EXPECT_EQ(out[3].typed.predictor.base, Element::kBrain);
}

TEST_F(SyntaxTest, ScalesAreNearestOfThirteenBits) {
  for (const float value : {1.0f, -0.75f, 0.0f, 1e-30f, 59999.0f, 1.0001f}) {
    const float back_again = as_float(scale_to_single(scale_from_single(as_bits(value))));
    EXPECT_NEAR(back_again, value, std::abs(value) / 16384);
  }
  EXPECT_EQ(scale_to_single(kUnitScale), as_bits(1.0f));
}

TEST_F(SyntaxTest, KeptScalesAreExactFourOctavesEitherWayAndWrapBeyond) {
  for (const int32_t scale : {kLeastKept, kUnitScale, kGreatestKept}) {
    EXPECT_EQ(scale_of_kept(kept_scale(scale)), scale);
  }
  EXPECT_EQ(scale_of_kept(kept_scale(kGreatestKept + 1)), kLeastKept);
  EXPECT_EQ(kept_scale(INT32_MIN), kept_scale(0)) << "modulo 2^16";
}

TEST(MemoryTest, ADecoderFitsItsProfile) {
  for (uint8_t profile = 0; profile < kProfileCount; ++profile) {
    std::vector<uint64_t> words(model_size(profile) / 8 + 1, 0xABABABABABABABABu);
    ChunkModel model =
        place(profile, {reinterpret_cast<uint8_t*>(words.data()), model_size(profile)});
    model.reset();
    fill(model.levels, 1);
    for (int16_t& scale : model.scales) scale = 1;
    EXPECT_EQ(words.back(), 0xABABABABABABABABu);
    EXPECT_EQ(decoder_memory(profile), model_size(profile) + 2 * kWindowSize);
  }
  EXPECT_LE(decoder_memory(kSmallProfile), 16u * 1024);
  EXPECT_LE(decoder_memory(kLargeProfile), 28u * 1024);
}

}  // namespace
}  // namespace flotilla::delta
