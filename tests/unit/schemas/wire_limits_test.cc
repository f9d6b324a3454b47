#include <gtest/gtest.h>

#include <functional>

#include "schemas/wire/wire.h"
#include "tests/golden/samples.h"
#include "tests/unit/schemas/raw_message.h"

/// Each rule of docs/spec/protocol.md, broken once: by a sender that knows no rules (the bytes of a
/// valid message are changed in place) and, where a value can say it, by our own encoder.
namespace flotilla {
namespace {

using golden::AlignedBytes;
using golden::Kind;
using golden::Size;
using testing::RawBytes;
using testing::RawTable;

alignas(8) uint8_t g_arena[wire::kControllerArena];
alignas(8) uint8_t g_out[kChunkMaxLimit + kChunkOverhead];

RawBytes taken(const Result<size_t>& size) {
  EXPECT_TRUE(size.ok()) << size.status().reason();
  return size.ok() ? RawBytes(g_out, g_out + size.value()) : RawBytes();
}

RawBytes body_of(Kind kind, Size size) {
  wire::Encoder encoder(g_arena);
  if (kind == Kind::kKeyset) return taken(encoder.keyset(golden::keyset(size), g_out));
  if (kind == Kind::kRelease) return taken(encoder.release(golden::release(size), g_out));
  if (kind == Kind::kTransfer) return taken(encoder.transfer(golden::transfer(size), g_out));
  if (kind == Kind::kDirective) return taken(encoder.directive(golden::directive(size), g_out));
  if (kind == Kind::kApproval) return taken(encoder.approval(golden::approval(size), g_out));
  if (kind == Kind::kCheckpoint) return taken(encoder.checkpoint(golden::checkpoint(size), g_out));
  return taken(encoder.attestation(golden::attestation(size), g_out));
}

Status decode_body(Kind kind, const RawBytes& body) {
  const SignedKind signed_kind = golden::signed_kind_of(kind).value();
  return golden::decode(kind, AlignedBytes(golden::seal(signed_kind, body)).view()).status;
}

Status decode_message(Kind kind, const RawBytes& bytes) {
  return golden::decode(kind, AlignedBytes(bytes).view()).status;
}

using Break = std::function<void(RawTable)>;

struct Rule {
  const char* reason;
  Code code;
  Break broken;
};

void expect_reason(const Status& status, const Rule& rule) {
  EXPECT_STREQ(status.reason(), rule.reason);
  EXPECT_EQ(status.code(), rule.code) << rule.reason;
}

void expect_body_rules(Kind kind, const std::vector<Rule>& rules, Size size = Size::kTypical) {
  for (const Rule& rule : rules) {
    RawBytes body = body_of(kind, size);
    ASSERT_TRUE(decode_body(kind, body).ok());
    rule.broken(RawTable(body));
    expect_reason(decode_body(kind, body), rule);
  }
}

void expect_message_rules(Kind kind, const RawBytes& valid, const std::vector<Rule>& rules) {
  ASSERT_TRUE(decode_message(kind, valid).ok()) << decode_message(kind, valid).reason();
  for (const Rule& rule : rules) {
    RawBytes bytes = valid;
    rule.broken(RawTable(bytes));
    expect_reason(decode_message(kind, bytes), rule);
  }
}

constexpr Code kInvalid = Code::kInvalidArgument;
constexpr Code kRange = Code::kOutOfRange;
constexpr uint8_t kZeros[32] = {};
constexpr int64_t kTooLate = kMaxWallTimeMs + 1;

TEST(WireLimits, Keyset) {
  expect_body_rules(
      Kind::kKeyset,
      {
          {"a time is negative", kRange, [](RawTable t) { t.put<int64_t>(1, -1); }},
          {"a time lies after the year 9999", kRange, [](RawTable t) { t.put(1, kTooLate); }},
          {"root threshold is 0", kRange, [](RawTable t) { t.put<uint8_t>(2, 0); }},
          {"root threshold exceeds the root keys", kRange,
           [](RawTable t) { t.put<uint8_t>(2, 2); }},
          {"keyset has no key of a known algorithm", kInvalid, [](RawTable t) { t.remove(3); }},
          {"a key has no role", kInvalid, [](RawTable t) { t.row(3, 1).put<uint8_t>(2, 0); }},
          {"a public key has the wrong length", kInvalid,
           [](RawTable t) { t.row(3, 1).put_length(1, 63); }},
          {"a key appears twice", kInvalid,
           [](RawTable t) {
             const std::string same(64, 'k');
             t.row(3, 1).put_front(1, same);
             t.row(3, 2).put_front(1, same);
           }},
          {"a key's scopes are not valid", kInvalid,
           [](RawTable t) { t.row(3, 1).put_front(3, "p*se"); }},
          {"a key's scopes are not valid", kInvalid,
           [](RawTable t) { t.row(3, 1).put_front(3, "pose "); }},
          {"an approval rule has no valid scope", kInvalid,
           [](RawTable t) { t.row(4, 0).remove(0); }},
          {"an approval rule asks for nothing", kRange,
           [](RawTable t) { t.row(4, 0).put<uint8_t>(1, 0); }},
          {"an approval rule asks for too many", kRange,
           [](RawTable t) { t.row(4, 0).put<uint8_t>(1, kMaxApprovals + 1); }},
      });
}

TEST(WireLimits, KeysOfAnUnknownAlgorithmCountForNothing) {
  RawBytes body = body_of(Kind::kKeyset, Size::kTypical);
  RawTable(body).row(3, 1).put<uint8_t>(0, 99);
  const RawBytes sealed = golden::seal(SignedKind::kKeyset, body);
  const AlignedBytes bytes(sealed);
  const auto keyset = wire::decode_keyset(bytes.view());
  ASSERT_TRUE(keyset.ok()) << keyset.status().reason();
  EXPECT_EQ(keyset.value().value.keys.size(), 3u);
  RawTable(body).row(3, 0).put<uint8_t>(0, 99);  // the only root key
  EXPECT_STREQ(decode_body(Kind::kKeyset, body).reason(), "root threshold exceeds the root keys");
}

TEST(WireLimits, Release) {
  expect_body_rules(
      Kind::kRelease,
      {
          {"model is not a valid name", kInvalid, [](RawTable t) { t.put_front(0, "P"); }},
          {"model is not a valid name", kInvalid, [](RawTable t) { t.remove(0); }},
          {"hardware class is not a valid name", kInvalid,
           [](RawTable t) { t.put_front(3, "a/b"); }},
          {"label is not printable text", kInvalid, [](RawTable t) { t.put_front(2, "\n"); }},
          {"runtime requirement is not printable text", kInvalid,
           [](RawTable t) { t.put_front(8, "\x80"); }},
          {"version is 0", kRange, [](RawTable t) { t.put<uint32_t>(1, 0); }},
          {"image digest is missing", kInvalid, [](RawTable t) { t.put_struct(5, kZeros, 32); }},
          {"image digest is missing", kInvalid, [](RawTable t) { t.remove(5); }},
          {"image is empty", kRange, [](RawTable t) { t.put<uint64_t>(6, 0); }},
          {"image size exceeds its limit", kRange,
           [](RawTable t) { t.put<uint64_t>(6, kMaxImageSize + 1); }},
      });
}

TEST(WireLimits, Transfer) {
  expect_body_rules(
      Kind::kTransfer,
      {
          {"release digest is missing", kInvalid, [](RawTable t) { t.remove(0); }},
          {"Merkle root is missing", kInvalid, [](RawTable t) { t.put_struct(5, kZeros, 32); }},
          {"transfer has no chunks", kRange, [](RawTable t) { t.put<uint32_t>(3, 0); }},
          {"chunk count exceeds its limit", kRange,
           [](RawTable t) { t.put<uint32_t>(3, kMaxChunks + 1); }},
          {"largest chunk is empty", kRange, [](RawTable t) { t.put<uint32_t>(4, 0); }},
          {"largest chunk exceeds its limit", kRange,
           [](RawTable t) { t.put<uint32_t>(4, kChunkMaxLimit + 1); }},
          {"payload does not fit its chunks", kRange,
           [](RawTable t) { t.put<uint64_t>(2, 77u * kDefaultChunkMax + 1); }},
          {"payload does not fit its chunks", kRange,
           [](RawTable t) { t.put<uint64_t>(2, UINT64_MAX); }},
          {"unknown codec", Code::kUnimplemented, [](RawTable t) { t.put<uint8_t>(6, 1); }},
          {"unknown codec", Code::kUnimplemented, [](RawTable t) { t.put<uint8_t>(6, 3); }},
          {"unknown codec", Code::kUnimplemented, [](RawTable t) { t.remove(6); }},
          {"a time is negative", kRange, [](RawTable t) { t.put<int64_t>(8, INT64_MIN); }},
      });
}

TEST(WireLimits, Directive) {
  expect_body_rules(
      Kind::kDirective,
      {
          {"model is not a valid name", kInvalid, [](RawTable t) { t.put_front(0, "+"); }},
          {"hardware class is not a valid name", kInvalid, [](RawTable t) { t.remove(1); }},
          {"device is not a valid id", kInvalid, [](RawTable t) { t.put_front(2, "a.b"); }},
          {"unknown verb", Code::kUnimplemented, [](RawTable t) { t.put<uint8_t>(6, 4); }},
          {"unknown verb", Code::kUnimplemented, [](RawTable t) { t.remove(6); }},
          {"release digest is missing", kInvalid, [](RawTable t) { t.remove(7); }},
          {"version is 0", kRange, [](RawTable t) { t.put<uint32_t>(8, 0); }},
          {"image digest is missing", kInvalid, [](RawTable t) { t.remove(9); }},
          {"the full payload is not the last offer", kInvalid,
           [](RawTable t) { t.row(10, 2).put_struct(0, kZeros, 32); }},
          {"a base appears twice", kInvalid,
           [](RawTable t) {
             uint8_t same[32] = {1};
             t.row(10, 1).put_struct(0, same, 32);
             t.row(10, 5).put_struct(0, same, 32);
           }},
          {"cohort site is not a valid name", kInvalid,
           [](RawTable t) { t.row(12, 3).put_front(0, "N"); }},
          {"a cohort range is reversed", kRange,
           [](RawTable t) { t.row(12, 15).put<uint32_t>(2, 0); }},
          {"a revoked digest is cut short", kInvalid, [](RawTable t) { t.put_length(21, 33); }},
          {"a list exceeds its limit", kRange,
           [](RawTable t) { t.put_length(21, (kMaxRevoked + 1) * Digest::kSize); }},
          {"a time is negative", kRange, [](RawTable t) { t.put<int64_t>(13, -1); }},
          {"a time lies after the year 9999", kRange, [](RawTable t) { t.put(14, kTooLate); }},
          {"a time lies after the year 9999", kRange, [](RawTable t) { t.put(15, INT64_MAX); }},
      },
      Size::kMax);
}

TEST(WireLimits, RevokedDigestsAreWholeAndFew) {
  static const uint8_t digests[(kMaxRevoked + 1) * Digest::kSize] = {1};
  Directive directive = golden::directive(Size::kTypical);
  for (size_t count = 0; count <= kMaxRevoked; ++count) {
    directive.revoked = Bytes(digests).first(count * Digest::kSize);
    const RawBytes body = taken(wire::Encoder(g_arena).directive(directive, g_out));
    EXPECT_TRUE(decode_body(Kind::kDirective, body).ok()) << count;
  }
  wire::Encoder encoder(g_arena);
  directive.revoked = digests;
  EXPECT_STREQ(encoder.directive(directive, g_out).status().reason(), "a list exceeds its limit");
  directive.revoked = Bytes(digests).first(Digest::kSize + 1);
  EXPECT_STREQ(encoder.directive(directive, g_out).status().reason(),
               "a revoked digest is cut short");
}

TEST(WireLimits, AHoldNeedsNoTarget) {
  Directive directive = golden::directive(Size::kTypical);
  directive.verb = Verb::kHold;
  directive.release_digest = directive.image_digest = Digest{};
  directive.version = 0;
  const RawBytes body = taken(wire::Encoder(g_arena).directive(directive, g_out));
  EXPECT_TRUE(decode_body(Kind::kDirective, body).ok());
}

TEST(WireLimits, Attestation) {
  expect_body_rules(
      Kind::kAttestation,
      {
          {"device is not a valid id", kInvalid, [](RawTable t) { t.put_front(0, "C"); }},
          {"model is not a valid name", kInvalid, [](RawTable t) { t.remove(1); }},
          {"outcome is neither confirmed nor reverted", kInvalid,
           [](RawTable t) { t.put<uint8_t>(3, 3); }},
          {"outcome is neither confirmed nor reverted", kInvalid, [](RawTable t) { t.remove(3); }},
          {"release digest is missing", kInvalid, [](RawTable t) { t.remove(4); }},
      });
}

TEST(WireLimits, Checkpoint) {
  expect_body_rules(Kind::kCheckpoint,
                    {
                        {"checkpoint names no log", kInvalid, [](RawTable t) { t.remove(0); }},
                        {"checkpoint of an empty log", kRange, [](RawTable t) { t.remove(1); }},
                        {"checkpoint root is missing", kInvalid, [](RawTable t) { t.remove(2); }},
                    });
}

TEST(WireLimits, Approval) {
  expect_body_rules(
      Kind::kApproval,
      {
          {"release digest is missing", kInvalid, [](RawTable t) { t.remove(0); }},
          {"model is not a valid name", kInvalid, [](RawTable t) { t.put_front(1, "P"); }},
          {"version is 0", kRange, [](RawTable t) { t.remove(2); }},
          {"hardware class is not a valid name", kInvalid, [](RawTable t) { t.remove(3); }},
          {"approver is missing", kInvalid, [](RawTable t) { t.remove(4); }},
          {"approver is not printable", kInvalid, [](RawTable t) { t.put_front(4, "\x1B"); }},
          {"a time is negative", kRange, [](RawTable t) { t.put<int64_t>(5, -1); }},
      });
}

TEST(WireLimits, Envelope) {
  const RawBytes valid =
      golden::seal(SignedKind::kTransfer, body_of(Kind::kTransfer, Size::kTypical), 3);
  expect_message_rules(
      Kind::kTransfer, valid,
      {
          {"envelope is of another kind", kInvalid, [](RawTable t) { t.put<uint8_t>(0, 4); }},
          {"envelope is of another kind", kInvalid, [](RawTable t) { t.remove(0); }},
          {"envelope has no body", kInvalid, [](RawTable t) { t.remove(1); }},
          {"envelope has no signature of a known algorithm", Code::kUnauthenticated,
           [](RawTable t) { t.remove(2); }},
          {"a signature has the wrong length", kInvalid,
           [](RawTable t) { t.row(2, 1).put_length(2, 63); }},
          {"a signature has the wrong length", kInvalid,
           [](RawTable t) { t.row(2, 2).put_length(2, 65); }},
          {"two signatures of one key", kInvalid,
           [](RawTable t) { t.row(2, 2).put<uint64_t>(0, 0x1122334455667788); }},
          {"message is of another kind", kInvalid, [](RawTable t) { t.put_front(1, "XXXXXXXX"); }},
          {"message is too short", kInvalid, [](RawTable t) { t.put_length(1, 7); }},
      });
}

TEST(WireLimits, SignaturesOfAnUnknownAlgorithmCountForNothing) {
  RawBytes message =
      golden::seal(SignedKind::kTransfer, body_of(Kind::kTransfer, Size::kTypical), 2);
  RawTable(message).row(2, 0).put<uint8_t>(1, 2);
  RawTable(message).row(2, 0).put_length(2, 9);
  const AlignedBytes bytes(message);
  const auto transfer = wire::decode_transfer(bytes.view());
  ASSERT_TRUE(transfer.ok()) << transfer.status().reason();
  EXPECT_EQ(transfer.value().envelope.signatures.size(), 1u);
  RawTable(message).row(2, 1).put<uint8_t>(1, 2);
  EXPECT_EQ(decode_message(Kind::kTransfer, message).code(), Code::kUnauthenticated);
}

RawBytes sample(Kind kind, Size size) {
  for (const golden::Sample& candidate : golden::samples()) {
    if (candidate.kind == kind && candidate.size == size) return candidate.bytes;
  }
  return {};
}

TEST(WireLimits, Offer) {
  expect_message_rules(
      Kind::kOffer, sample(Kind::kOffer, Size::kMax),
      {
          {"offer has no transfer manifest", kInvalid, [](RawTable t) { t.remove(0); }},
          {"offer has no release manifest", kInvalid, [](RawTable t) { t.remove(1); }},
          {"transfer manifest exceeds its limit", kRange,
           [](RawTable t) { t.put_length(0, kMaxEnvelope + 1); }},
          {"release manifest exceeds its limit", kRange,
           [](RawTable t) { t.put_length(1, kMaxEnvelope + 1); }},
          {"message is of another kind", kInvalid, [](RawTable t) { t.put_front(1, "XXXXXXXX"); }},
          {"an approval of the offer is empty", kInvalid,
           [](RawTable t) { t.row(3, 0).remove(0); }},
      });
  wire::Encoder encoder(g_arena);
  const RawBytes part = sample(Kind::kTransfer, Size::kMin);
  const RawBytes large(kMaxGolden + 1);
  EXPECT_STREQ(encoder.offer(part, part, large, g_out).status().reason(),
               "golden vectors exceed their limit");
  FixedVector<Bytes, kMaxApprovals> approvals;
  ASSERT_TRUE(approvals.push_back(Bytes(large).first(kMaxApproval + 1)));
  EXPECT_STREQ(encoder.offer(part, part, {}, g_out, approvals).status().reason(),
               "an approval exceeds its limit");
  const RawBytes padding(kMaxEnvelope);
  EXPECT_STREQ(
      encoder.offer(padding, padding, Bytes(large).first(kMaxGolden), g_out).status().reason(),
      "encoded message exceeds its limit");
}

TEST(WireLimits, Chunk) {
  expect_message_rules(
      Kind::kChunk, sample(Kind::kChunk, Size::kTypical),
      {
          {"chunk index exceeds its limit", kRange,
           [](RawTable t) { t.put<uint32_t>(1, kMaxChunks); }},
          {"chunk has no output", kRange, [](RawTable t) { t.put<uint32_t>(3, 0); }},
          {"chunk output exceeds its limit", kRange,
           [](RawTable t) { t.put<uint32_t>(3, kMaxChunkOutput + 1); }},
          {"chunk output lies beyond the largest image", kRange,
           [](RawTable t) { t.put<uint64_t>(2, kMaxImageSize - 65535); }},
          {"chunk output lies beyond the largest image", kRange,
           [](RawTable t) { t.put<uint64_t>(2, UINT64_MAX); }},
          {"chunk path is not whole nodes", kInvalid, [](RawTable t) { t.put_length(4, 111); }},
          {"chunk path exceeds its limit", kRange, [](RawTable t) { t.put_length(4, 17 * 16); }},
      });
  Chunk chunk = golden::chunk(Size::kMax);
  const RawBytes large(kChunkMaxLimit + 1);
  chunk.payload = large;
  EXPECT_STREQ(wire::Encoder(g_arena).chunk(chunk, g_out).status().reason(),
               "chunk payload exceeds its limit");
}

TEST(WireLimits, StateReport) {
  expect_message_rules(
      Kind::kState, sample(Kind::kState, Size::kMax),
      {
          {"device is not a valid id", kInvalid, [](RawTable t) { t.put_front(0, "."); }},
          {"hardware class is not a valid name", kInvalid, [](RawTable t) { t.remove(1); }},
          {"software is not printable text", kInvalid, [](RawTable t) { t.put_front(5, "\x1B"); }},
          {"model is not a valid name", kInvalid,
           [](RawTable t) { t.row(6, 7).put_front(0, "M"); }},
          {"a model appears twice", kInvalid,
           [](RawTable t) { t.row(6, 7).put_front(0, std::string(31, 'n') + "2"); }},
          {"unknown update state", Code::kUnimplemented,
           [](RawTable t) { t.row(6, 0).put<uint8_t>(6, 8); }},
          {"unknown reason", Code::kUnimplemented,
           [](RawTable t) { t.row(6, 0).put<uint8_t>(7, 29); }},
          {"chunk total exceeds its limit", kRange,
           [](RawTable t) { t.row(6, 0).put<uint32_t>(14, 65537); }},
          {"more chunks done than there are", kRange,
           [](RawTable t) { t.row(6, 0).put<uint32_t>(13, 65537); }},
          {"attestation exceeds its limit", kRange,
           [](RawTable t) { t.row(6, 7).put_length(17, kMaxAttestation + 1); }},
      });
}

TEST(WireLimits, DetailIsMadePrintable) {
  RawBytes message = sample(Kind::kState, Size::kMax);
  RawTable(message).row(6, 0).put_front(8, "a\nb\xC3\xA4\x7F");
  const AlignedBytes bytes(message);
  const auto report = wire::decode_state_report(bytes.view());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.value().models[0].detail.view().substr(0, 6),
            "a?b??"
            "?");
}

TEST(WireLimits, HealthReport) {
  expect_message_rules(
      Kind::kHealth, sample(Kind::kHealth, Size::kMax),
      {
          {"device is not a valid id", kInvalid, [](RawTable t) { t.remove(0); }},
          {"model is not a valid name", kInvalid,
           [](RawTable t) { t.row(5, 2).put_front(0, " "); }},
          {"a model appears twice", kInvalid,
           [](RawTable t) { t.row(5, 1).put_front(0, std::string(31, 'n') + "0"); }},
      });
}

TEST(WireLimits, Acknowledgement) {
  expect_message_rules(
      Kind::kAcknowledgement, sample(Kind::kAcknowledgement, Size::kMax),
      {
          {"model is not a valid name", kInvalid,
           [](RawTable t) { t.row(3, 2).put_front(0, "#"); }},
          {"a model appears twice", kInvalid,
           [](RawTable t) { t.row(3, 1).put_front(0, std::string(31, 'n') + "0"); }},
      });
}

struct Count {
  Kind kind;
  const char* identifier;
  uint16_t field;
  size_t limit;
};

TEST(WireLimits, ListsLongerThanTheirLimitAreRefused) {
  for (const Count& count : {Count{Kind::kKeyset, "FLKS", 3, kMaxKeys},
                             Count{Kind::kKeyset, "FLKS", 4, kMaxApprovalRules},
                             Count{Kind::kDirective, "FLDI", 10, kMaxOffers},
                             Count{Kind::kDirective, "FLDI", 12, kMaxCohortTerms}}) {
    const RawBytes body = testing::with_list(count.identifier, count.field, count.limit + 1);
    EXPECT_STREQ(decode_body(count.kind, body).reason(), "a list exceeds its limit");
  }
  for (const Count& count : {Count{Kind::kState, "FLST", 6, kMaxReportedModels},
                             Count{Kind::kHealth, "FLHP", 5, kMaxReportedModels},
                             Count{Kind::kAcknowledgement, "FLAK", 3, kMaxReportedModels}}) {
    const RawBytes message = testing::with_list(count.identifier, count.field, count.limit + 1);
    EXPECT_STREQ(decode_message(count.kind, message).reason(), "a list exceeds its limit");
    const RawBytes longer = testing::with_list(count.identifier, count.field, count.limit + 4);
    EXPECT_STREQ(decode_message(count.kind, longer).reason(), "message is malformed");
  }
}

TEST(WireLimits, TextsLongerThanTheirLimitAreRefused) {
  for (const Count& count :
       {Count{Kind::kRelease, "FLRM", 0, kMaxName},
        Count{Kind::kRelease, "FLRM", 2, kMaxVersionLabel},
        Count{Kind::kRelease, "FLRM", 3, kMaxName},
        Count{Kind::kRelease, "FLRM", 8, kMaxRuntimeRequirement},
        Count{Kind::kDirective, "FLDI", 0, kMaxName}, Count{Kind::kDirective, "FLDI", 1, kMaxName},
        Count{Kind::kDirective, "FLDI", 2, kMaxDeviceId},
        Count{Kind::kAttestation, "FLAT", 0, kMaxDeviceId},
        Count{Kind::kAttestation, "FLAT", 1, kMaxName}, Count{Kind::kApproval, "FLAP", 1, kMaxName},
        Count{Kind::kApproval, "FLAP", 3, kMaxName},
        Count{Kind::kApproval, "FLAP", 4, kMaxApproverName}}) {
    const RawBytes body = testing::with_text(count.identifier, count.field, count.limit + 1);
    EXPECT_STREQ(decode_body(count.kind, body).reason(), "a text exceeds its limit");
  }
  for (const Count& count :
       {Count{Kind::kState, "FLST", 0, kMaxDeviceId}, Count{Kind::kState, "FLST", 1, kMaxName},
        Count{Kind::kState, "FLST", 5, 32}, Count{Kind::kHealth, "FLHP", 0, kMaxDeviceId}}) {
    const RawBytes message = testing::with_text(count.identifier, count.field, count.limit + 1);
    EXPECT_STREQ(decode_message(count.kind, message).reason(), "a text exceeds its limit");
  }
}

/// An encoder refuses what a decoder would, for the same reason.
TEST(WireLimits, EncodersKeepTheSameRules) {
  wire::Encoder encoder(g_arena);
  Directive directive = golden::directive(Size::kMax);
  directive.offers[0].base_digest = Digest{};
  EXPECT_STREQ(encoder.directive(directive, g_out).status().reason(),
               "the full payload is not the last offer");
  TransferManifest transfer = golden::transfer(Size::kMax);
  transfer.codec = static_cast<Codec>(1);
  EXPECT_EQ(encoder.transfer(transfer, g_out).status().code(), Code::kUnimplemented);
  ReleaseManifest release = golden::release(Size::kMin);
  release.model.clear();
  EXPECT_EQ(encoder.release(release, g_out).status().code(), kInvalid);
  Envelope envelope;
  envelope.kind = static_cast<SignedKind>(200);
  EXPECT_EQ(encoder.envelope(envelope, g_out).status().code(), Code::kUnimplemented);
  Attestation attestation = golden::attestation(Size::kTypical);
  attestation.outcome = UpdateState::kTrial;
  EXPECT_EQ(encoder.attestation(attestation, g_out).status().code(), kInvalid);
  Keyset keyset = golden::keyset(Size::kTypical);
  keyset.root_threshold = 2;
  EXPECT_EQ(encoder.keyset(keyset, g_out).status().code(), kRange);
}

}  // namespace
}  // namespace flotilla
