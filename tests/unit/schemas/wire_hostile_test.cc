#include <gtest/gtest.h>

#include "schemas/base/prng.h"
#include "schemas/wire/wire.h"
#include "tests/golden/samples.h"
#include "tests/unit/schemas/raw_message.h"

namespace flotilla {
namespace {

using golden::AlignedBytes;
using golden::Decoded;
using golden::Kind;
using golden::Sample;
using golden::Size;

/// Whatever was accepted encodes again, decodes to the same, and borrowed nothing from elsewhere.
void expect_sound(Kind kind, const Decoded& decoded) {
  if (!decoded.status.ok()) {
    EXPECT_STRNE(decoded.status.reason(), "");
    return;
  }
  EXPECT_TRUE(decoded.inside);
  ASSERT_TRUE(decoded.encoded.ok()) << decoded.encoded.reason();
  const AlignedBytes again(decoded.again);
  EXPECT_EQ(golden::decode(kind, again.view()).text, decoded.text);
}

/// A vector that ended at the end of the message would be missed by a reader of a cut one, unless
/// the cut lies in padding: nothing but padding may go.
TEST(WireHostile, EveryTruncationIsRefusedOrHarmless) {
  for (const Sample& sample : golden::samples()) {
    SCOPED_TRACE(sample.name());
    const size_t step = sample.bytes.size() > 8192 ? 61 : 1;
    for (size_t size = 0; size < sample.bytes.size(); size += step) {
      const AlignedBytes cut(Bytes(sample.bytes).first(size));
      const Decoded decoded = golden::decode(sample.kind, cut.view());
      expect_sound(sample.kind, decoded);
      if (!decoded.status.ok()) continue;
      EXPECT_LT(sample.bytes.size() - size, 8u) << "accepted with content missing";
      for (const std::string& part : sample.parts)
        EXPECT_NE(decoded.text.find(part), std::string::npos);
    }
  }
}

TEST(WireHostile, RandomFlipsNeverBreakADecoder) {
  const uint64_t seed = 424242;
  SCOPED_TRACE(seed);
  Prng prng(seed);
  const std::vector<Sample> samples = golden::samples();
  size_t accepted = 0;
  for (int i = 0; i < 10000; ++i) {
    const Sample& sample = samples[prng.below(static_cast<uint32_t>(samples.size()))];
    AlignedBytes bytes(sample.bytes);
    for (uint32_t flips = 1 + prng.below(4); flips > 0; --flips) {
      const uint32_t near = prng.below(2) == 0 ? 256 : UINT32_MAX;  // tables come first
      const uint32_t size = std::min(near, static_cast<uint32_t>(sample.bytes.size()));
      const uint32_t at = prng.below(size);
      bytes.span()[at] = static_cast<uint8_t>(bytes.span()[at] ^ (1u << prng.below(8)));
    }
    const Decoded decoded = golden::decode(sample.kind, bytes.view());
    expect_sound(sample.kind, decoded);
    if (HasFailure()) FAIL() << "case " << i << " of " << sample.name();
    accepted += decoded.status.ok() ? 1 : 0;
  }
  EXPECT_GT(accepted, 100u);
}

TEST(WireHostile, RandomBytesAreRefused) {
  const uint64_t seed = 99;
  SCOPED_TRACE(seed);
  Prng prng(seed);
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> noise(prng.below(200));
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(prng.below(256));
    const AlignedBytes bytes(noise);
    for (size_t kind = 0; kind < golden::kKinds; ++kind)
      EXPECT_FALSE(golden::decode(static_cast<Kind>(kind), bytes.view()).status.ok());
  }
}

TEST(WireHostile, AMessageOfAnotherKindIsRefused) {
  for (const Sample& sample : golden::samples()) {
    const AlignedBytes bytes(sample.bytes);
    for (size_t kind = 0; kind < golden::kKinds; ++kind) {
      const auto other = static_cast<Kind>(kind);
      if (other == sample.kind) continue;
      EXPECT_FALSE(golden::decode(other, bytes.view()).status.ok())
          << sample.name() << " as " << golden::name_of(other);
    }
  }
}

TEST(WireHostile, MisalignedMessagesAreRefused) {
  for (const Sample& sample : golden::samples()) {
    for (size_t shift = 1; shift < 8; ++shift) {
      std::vector<uint8_t> shifted(shift);
      shifted.insert(shifted.end(), sample.bytes.begin(), sample.bytes.end());
      const AlignedBytes bytes(shifted);
      const Decoded decoded = golden::decode(sample.kind, bytes.view().subspan(shift));
      EXPECT_EQ(decoded.status.code(), sample.bytes.size() > golden::limit_of(sample.kind)
                                           ? Code::kOutOfRange
                                           : Code::kInvalidArgument);
      EXPECT_STREQ(decoded.status.reason(), "message is not aligned to 8 bytes");
    }
  }
}

TEST(WireHostile, MessagesBeyondTheirLimitAreRefusedBeforeTheyAreRead) {
  for (const Sample& sample : golden::samples()) {
    std::vector<uint8_t> padded = sample.bytes;
    padded.resize(golden::limit_of(sample.kind));
    EXPECT_TRUE(golden::decode(sample.kind, AlignedBytes(padded).view()).status.ok());
    padded.push_back(0);
    const Decoded decoded = golden::decode(sample.kind, AlignedBytes(padded).view());
    EXPECT_EQ(decoded.status.code(), Code::kOutOfRange);
    EXPECT_STREQ(decoded.status.reason(), "message exceeds its limit");
  }
}

/// An envelope of kind Transfer by another implementation, whose body starts `off`
/// bytes after a multiple of 8.
std::vector<uint8_t> seal_unaligned(const std::vector<uint8_t>& body, size_t off) {
  flatbuffers::FlatBufferBuilder builder;
  const auto signature = builder.CreateVector(std::vector<uint8_t>(64, 1));
  auto start = builder.StartTable();
  builder.AddElement<uint64_t>(testing::slot(0), 7, 0);
  builder.AddOffset(testing::slot(2), signature);
  builder.AddElement<uint8_t>(testing::slot(1), 1, 0);
  const flatbuffers::Offset<flatbuffers::Table> row(builder.EndTable(start));
  const auto rows = builder.CreateVector(&row, 1);
  builder.ForceVectorAlignment(body.size(), 1, 8);
  builder.Pad(off);
  const auto signed_bytes = builder.CreateVector(body);
  start = builder.StartTable();
  builder.AddOffset(testing::slot(1), signed_bytes);
  builder.AddOffset(testing::slot(2), rows);
  builder.AddElement<uint8_t>(testing::slot(0), 3, 0);
  return testing::finish(builder, builder.EndTable(start), "FLEN");
}

TEST(WireHostile, AMisalignedBodyIsRefused) {
  alignas(8) uint8_t arena[2048], out[512];
  const auto size = wire::Encoder(arena).transfer(golden::transfer(Size::kTypical), out);
  const std::vector<uint8_t> body(out, out + size.value());
  const auto refused =
      golden::decode(Kind::kTransfer, AlignedBytes(seal_unaligned(body, 4)).view());
  EXPECT_STREQ(refused.status.reason(), "message is not aligned to 8 bytes");
  const auto taken = golden::decode(Kind::kTransfer, AlignedBytes(seal_unaligned(body, 0)).view());
  EXPECT_TRUE(taken.status.ok()) << taken.status.reason();
}

}  // namespace
}  // namespace flotilla
