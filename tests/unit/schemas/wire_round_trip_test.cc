#include <gtest/gtest.h>

#include <cstdlib>

#include "schemas/wire/wire.h"
#include "tests/golden/describe.h"
#include "tests/golden/samples.h"

namespace flotilla {
namespace {

using golden::AlignedBytes;
using golden::Decoded;
using golden::Sample;
using golden::Size;

TEST(WireRoundTrip, EveryMessageKeepsEveryField) {
  for (const Sample& sample : golden::samples()) {
    SCOPED_TRACE(sample.name());
    const AlignedBytes bytes(sample.bytes);
    const Decoded decoded = golden::decode(sample.kind, bytes.view());
    ASSERT_TRUE(decoded.status.ok()) << decoded.status.reason();
    for (const std::string& part : sample.parts)
      EXPECT_NE(decoded.text.find(part), std::string::npos) << part << "in\n" << decoded.text;
    EXPECT_TRUE(decoded.inside);
  }
}

TEST(WireRoundTrip, EncodingADecodedMessageGivesTheSameBytes) {
  for (const Sample& sample : golden::samples()) {
    SCOPED_TRACE(sample.name());
    const AlignedBytes bytes(sample.bytes);
    const Decoded decoded = golden::decode(sample.kind, bytes.view());
    ASSERT_TRUE(decoded.encoded.ok()) << decoded.encoded.reason();
    EXPECT_EQ(decoded.again, sample.bytes);
  }
}

TEST(WireRoundTrip, SizesStayWithinTheirLimits) {
  for (const Sample& sample : golden::samples()) {
    EXPECT_LE(sample.bytes.size(), golden::limit_of(sample.kind)) << sample.name();
    EXPECT_LT(sample.bytes.size(), 64u * 1024) << sample.name();
    RecordProperty(sample.name(), static_cast<int>(sample.bytes.size()));
  }
}

TEST(WireRoundTrip, ChunkOverheadCoversTheLongestPath) {
  for (const Sample& sample : golden::samples()) {
    if (sample.kind != golden::Kind::kChunk) continue;
    const size_t payload = golden::chunk(sample.size).payload.size();
    EXPECT_LE(sample.bytes.size() - payload, kChunkOverhead) << sample.name();
  }
}

// ---------------------------------------------------------------- the arena

/// What the arena held before must not show in the bytes.
TEST(Encoder, BytesDoNotDependOnTheArena) {
  alignas(8) uint8_t arena[wire::kDeviceArena + 8], first[kMaxStateReport], second[kMaxStateReport];
  StateReport report = golden::state(Size::kTypical);
  fill(arena, 0xAA);
  const auto size = wire::Encoder(MutableBytes(arena).first(2048)).state_report(report, first);
  fill(arena, 0x55);
  const auto again = wire::Encoder(MutableBytes(arena).subspan(3)).state_report(report, second);
  ASSERT_TRUE(size.ok() && again.ok());
  EXPECT_TRUE(equal(Bytes(first, size.value()), Bytes(second, again.value())));
}

/// Every arena size either holds the message or is refused; a wrong bound would trap.
template <typename Encode>
void try_arenas(Encode encode) {
  static uint8_t memory[wire::kControllerArena];
  static uint8_t out[kChunkMaxLimit + kChunkOverhead];
  size_t refused = 0, smallest = 0;
  for (size_t size = 0; size <= sizeof memory; size += size < 12000 ? 1 : 97) {
    const size_t shift = size < sizeof memory ? size % 8 : 0;  // also misaligned ones
    const MutableBytes arena = MutableBytes(memory).subspan(shift, size - std::min(size, shift));
    const Result<size_t> result = encode(wire::Encoder(arena), out);
    if (result.ok()) {
      smallest = smallest == 0 ? size : smallest;
      continue;
    }
    ++refused;
    ASSERT_EQ(result.status().code(), Code::kResourceExhausted) << result.status().reason();
    ASSERT_LE(size, smallest == 0 ? size : smallest + 16);
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(smallest, 0u) << "no arena was large enough";
}

TEST(Encoder, ArenasOfEverySizeAreUsedOrRefused) {
  using wire::Encoder;
  for (Size size : {Size::kMin, Size::kTypical, Size::kMax}) {
    try_arenas([&](Encoder e, MutableBytes out) { return e.keyset(golden::keyset(size), out); });
    try_arenas([&](Encoder e, MutableBytes out) { return e.release(golden::release(size), out); });
    try_arenas(
        [&](Encoder e, MutableBytes out) { return e.transfer(golden::transfer(size), out); });
    try_arenas(
        [&](Encoder e, MutableBytes out) { return e.directive(golden::directive(size), out); });
    try_arenas(
        [&](Encoder e, MutableBytes out) { return e.attestation(golden::attestation(size), out); });
    try_arenas(
        [&](Encoder e, MutableBytes out) { return e.approval(golden::approval(size), out); });
    try_arenas([&](Encoder e, MutableBytes out) { return e.chunk(golden::chunk(size), out); });
    try_arenas(
        [&](Encoder e, MutableBytes out) { return e.health_report(golden::health(size), out); });
    try_arenas([&](Encoder e, MutableBytes out) {
      return e.acknowledgement(golden::acknowledgement(size), out);
    });
    const StateReport state = golden::state(size);
    try_arenas([&](Encoder e, MutableBytes out) { return e.state_report(state, out); });
  }
}

TEST(Encoder, TheDeviceArenaHoldsEverythingADeviceSends) {
  alignas(8) uint8_t arena[wire::kDeviceArena], out[kMaxStateReport];
  wire::Encoder encoder(arena);
  StateReport report = golden::state(Size::kMax);
  HealthReport health = golden::health(Size::kMax);
  StateReport fewer = report;
  fewer.models.clear();
  for (size_t i = 0; i < kMaxModels; ++i) {
    ModelState model = report.models[i];
    static const uint8_t longest[kMaxAttestation] = {};
    model.attestation = longest;
    ASSERT_TRUE(fewer.models.push_back(model));
  }
  EXPECT_TRUE(encoder.state_report(fewer, out).ok());
  EXPECT_TRUE(encoder.health_report(health, out).ok());
  EXPECT_TRUE(encoder.attestation(golden::attestation(Size::kMax), out).ok());
}

TEST(Encoder, TwoKibibytesHoldADirectiveWithOneOffer) {
  alignas(8) uint8_t arena[2048], out[kMaxEnvelope];
  const auto size = wire::Encoder(arena).directive(golden::directive(Size::kTypical), out);
  EXPECT_TRUE(size.ok()) << size.status().reason();
}

TEST(Encoder, RefusesAnOutputBufferThatIsTooSmall) {
  alignas(8) uint8_t arena[4096], out[kMaxEnvelope];
  wire::Encoder encoder(arena);
  const ReleaseManifest release = golden::release(Size::kTypical);
  const auto size = encoder.release(release, out);
  ASSERT_TRUE(size.ok());
  const auto small = encoder.release(release, MutableBytes(out).first(size.value() - 1));
  EXPECT_EQ(small.status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(encoder.release(release, MutableBytes(out).first(size.value())).ok());
}

TEST(Encoder, AStateReportWithEveryLongestFieldFitsItsLimit) {
  alignas(8) static uint8_t arena[wire::kControllerArena], out[kMaxStateReport];
  static const uint8_t longest[kMaxAttestation] = {};
  StateReport report = golden::state(Size::kMax);
  for (ModelState& model : report.models) model.attestation = longest;
  const auto size = wire::Encoder(arena).state_report(report, out);
  EXPECT_TRUE(size.ok()) << size.status().reason();
}

TEST(WireRoundTrip, AuditWitnessAndConflictTravelInAStateReport) {
  alignas(8) static uint8_t arena[wire::kControllerArena], out[kMaxStateReport];
  StateReport report = golden::state(Size::kMin);
  report.witness = Witness::kSplit;
  report.checkpoint.size = report.conflict.size = 7;
  report.checkpoint.root.bytes.fill(1);
  report.conflict.root.bytes.fill(2);
  const auto size = wire::Encoder(arena).state_report(report, out);
  ASSERT_TRUE(size.ok()) << size.status().reason();
  const auto back = wire::decode_state_report(Bytes(out).first(size.value()));
  ASSERT_TRUE(back.ok()) << back.status().reason();
  EXPECT_EQ(back.value().witness, Witness::kSplit);
  EXPECT_EQ(back.value().checkpoint, report.checkpoint);
  EXPECT_EQ(back.value().conflict, report.conflict);
  report.conflict.size = 0;
  EXPECT_FALSE(wire::Encoder(arena).state_report(report, out).ok()) << "a root of an empty log";
  report.conflict = {7, {}};
  EXPECT_FALSE(wire::Encoder(arena).state_report(report, out).ok()) << "no root";
  report.witness = Witness::kProven;
  EXPECT_FALSE(wire::Encoder(arena).state_report(report, out).ok()) << "half a conflict";
  report.witness = Witness::kSplit;
  report.conflict = {};
  EXPECT_FALSE(wire::Encoder(arena).state_report(report, out).ok()) << "split from what?";
  report.witness = Witness::kNone;
  EXPECT_FALSE(wire::Encoder(arena).state_report(report, out).ok()) << "none, with a checkpoint";
}

TEST(WireRoundTrip, CheckpointsKeepEveryField) {
  alignas(8) static uint8_t arena[wire::kControllerArena], body[kMaxEnvelope], out[kMaxEnvelope];
  Checkpoint value;
  value.origin = FixedString<kMaxOrigin>("flotilla/0123456789abcdef");
  value.head.size = 12;
  value.time = WallTime{34};
  EXPECT_FALSE(wire::Encoder(arena).checkpoint(value, body).ok()) << "no root";
  value.head.root.bytes.fill(5);
  const auto size = wire::Encoder(arena).checkpoint(value, body);
  ASSERT_TRUE(size.ok());
  const auto sealed = golden::seal(SignedKind::kCheckpoint, Bytes(body).first(size.value()));
  copy(sealed, out);
  const auto back = wire::decode_checkpoint(Bytes(out).first(sealed.size()));
  ASSERT_TRUE(back.ok()) << back.status().reason();
  EXPECT_EQ(back.value().value.origin, value.origin);
  EXPECT_EQ(back.value().value.head, value.head);
  EXPECT_EQ(back.value().value.time, value.time);
}

}  // namespace
}  // namespace flotilla
