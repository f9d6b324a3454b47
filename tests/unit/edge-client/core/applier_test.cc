// What the applier refuses, in its own words; what it writes and when. That it decodes rightly is
// shown in tests/unit/schemas/delta against a second decoder, for every operation.

#include "edge-client/core/applier.h"

#include <gtest/gtest.h>

#include "controller/artifact/delta/range_encoder.h"
#include "schemas/base/crc32c.h"
#include "tests/support/delta_bench.h"
#include "tests/support/delta_ops.h"

namespace flotilla::edge {
namespace {

using controller::PlannedOp;
using delta::Element;
using delta::Op;
using delta::Predictor;
using flotilla::testing::DeltaBench;
using flotilla::testing::DeltaCase;
using flotilla::testing::encode_case;
using flotilla::testing::random_case;

const uint32_t kSmallMemory = delta::decoder_memory(delta::kSmallProfile);

std::vector<uint8_t> counted_bytes(size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 256);
  return bytes;
}

/// 300 bytes from a base of 300, half copied, half patched.
DeltaCase plain_case() {
  DeltaCase chunk;
  chunk.base = chunk.target = counted_bytes(300);
  chunk.target[200] = 0;
  chunk.ops = {controller::byte_op(Op::kCopy, 0, 150, 0),
               controller::byte_op(Op::kPatch, 150, 150, 150)};
  return chunk;
}

Status run(const DeltaCase& chunk, Bytes payload, uint32_t memory = kSmallMemory) {
  DeltaBench bench(chunk.base, chunk.output_offset, chunk.output_length(), memory);
  const Status status = bench.run(payload);
  EXPECT_TRUE(bench.kept_its_bounds());
  return status;
}

/// A payload whose stream says exactly this operation, sensible or not. Produces nothing itself.
class Statement {
 public:
  Statement() : words_(delta::model_size(0) / 8) {
    model_ = delta::place(0, {reinterpret_cast<uint8_t*>(words_.data()), words_.size() * 8});
    model_.reset();
  }

  std::vector<uint8_t> payload(delta::OpHeader op) {
    std::string coded;
    controller::RangeEncoder encoder(coded);
    delta::SyntaxState state;
    delta::SyntaxCoder<controller::RangeEncoder> syntax(encoder, *model_.syntax, state);
    syntax.op(op, 0);
    encoder.finish();
    return with_header(coded);
  }
  /// `width` of the length: the rest of the stream is zeros.
  std::vector<uint8_t> wide_length(uint32_t width) {
    std::string coded;
    controller::RangeEncoder encoder(coded);
    code_tree(encoder, model_.syntax->kind, 0, delta::kOpBits, 2);
    code_tree(encoder, model_.syntax->length, 64, delta::kWidthBits, width);
    encoder.finish();
    return with_header(coded);
  }

 private:
  static std::vector<uint8_t> with_header(const std::string& coded) {
    std::vector<uint8_t> payload(5, 0);
    payload.insert(payload.end(), coded.begin(), coded.end());
    return payload;
  }

  std::vector<uint64_t> words_;
  delta::ChunkModel model_;
};

void expect_refused(delta::OpHeader op, const std::string& reason) {
  DeltaCase chunk;
  chunk.base = counted_bytes(100);
  chunk.target.resize(50);
  const Status status = run(chunk, Statement().payload(op));
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << reason;
  EXPECT_EQ(status.reason(), reason);
}

TEST(ApplierTest, RefusesHeadersThatAreNone) {
  const DeltaCase chunk = plain_case();
  const std::vector<uint8_t> good = encode_case(chunk);
  ASSERT_TRUE(run(chunk, good).ok());
  for (const size_t size : {0u, 1u, 4u, 5u, 7u, 9u}) {
    const Status status = run(chunk, Bytes(good).first(size));
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << size;
    EXPECT_STREQ(status.reason(), "chunk header") << size;
  }
  std::vector<uint8_t> profile = good;
  profile[0] = 0x82;
  EXPECT_STREQ(run(chunk, profile).reason(), "chunk header");
  const std::vector<uint8_t> wide = {0x80, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x10, 1, 0, 0, 0, 0};
  EXPECT_STREQ(run(chunk, wide).reason(), "chunk header");
  const std::vector<uint8_t> empty = {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_STREQ(run(chunk, empty).reason(), "chunk header");
}

TEST(ApplierTest, RefusesAProfileThatNeedsMoreThanWasDeclared) {
  DeltaCase chunk = plain_case();
  chunk.profile = delta::kLargeProfile;
  const std::vector<uint8_t> payload = encode_case(chunk);
  const uint32_t large = delta::decoder_memory(delta::kLargeProfile);
  EXPECT_TRUE(run(chunk, payload, large).ok());
  EXPECT_STREQ(run(chunk, payload, large - 8).reason(),
               "the chunk needs more memory than was declared");
}

TEST(ApplierTest, AnotherBaseIsDataLossBeforeAnythingIsWritten) {
  DeltaCase chunk = plain_case();
  const std::vector<uint8_t> payload = encode_case(chunk);
  chunk.base[299] ^= 1;
  DeltaBench bench(chunk.base, 0, chunk.output_length(), kSmallMemory);
  EXPECT_EQ(bench.run(payload).code(), Code::kDataLoss);
  EXPECT_EQ(bench.storage().written(), 0u);
  chunk.base.pop_back();
  EXPECT_STREQ(run(chunk, payload).reason(), "base range");
}

TEST(ApplierTest, OtherOutputThanTheEncodersIsDataLoss) {
  const DeltaCase chunk = plain_case();
  std::vector<uint8_t> payload = encode_case(chunk);
  payload[1] ^= 1;
  const Status status = run(chunk, payload);
  EXPECT_EQ(status.code(), Code::kDataLoss);
}

/// Returns other bytes than were written, from the first sync on.
class Forgetful final : public SlotStorage {
 public:
  explicit Forgetful(SlotStorage& inner) : inner_(inner) {}
  ~Forgetful() = default;

  SlotGeometry geometry(uint8_t model) override { return inner_.geometry(model); }
  Status begin(uint8_t m, Slot s, uint64_t n) override { return inner_.begin(m, s, n); }
  bool can_resume(uint8_t m, Slot s, uint64_t n) override { return inner_.can_resume(m, s, n); }
  Status erase(uint8_t m, Slot s, uint64_t o, uint64_t n) override {
    return inner_.erase(m, s, o, n);
  }
  Status write(uint8_t m, Slot s, uint64_t o, Bytes b) override { return inner_.write(m, s, o, b); }
  Status read(uint8_t m, Slot s, uint64_t o, MutableBytes out) override {
    const Status status = inner_.read(m, s, o, out);
    if (synced_ && s == Slot::kB && o <= 17 && o + out.size() > 17) out[17 - o] ^= 0x20;
    return status;
  }
  Status sync(uint8_t m, Slot s) override {
    synced_ = true;
    return inner_.sync(m, s);
  }

 private:
  SlotStorage& inner_;
  bool synced_ = false;
};

TEST(ApplierTest, NoticesAStorageThatReturnsOtherBytes) {
  const DeltaCase chunk = plain_case();
  const std::vector<uint8_t> payload = encode_case(chunk);
  DeltaBench bench(chunk.base, 0, chunk.output_length(), kSmallMemory);
  Forgetful storage(bench.storage());
  std::vector<uint64_t> memory(kSmallMemory / 8);
  Applier applier(storage, {reinterpret_cast<uint8_t*>(memory.data()), memory.size() * 8});
  ASSERT_TRUE(applier.run({0, Slot::kA, 300, Slot::kB, 0, 300}, payload).ok());
  EXPECT_TRUE(applier.verify_output().ok());
  ASSERT_TRUE(storage.sync(0, Slot::kB).ok());
  EXPECT_EQ(applier.verify_output().code(), Code::kDataLoss);
}

TEST(ApplierTest, RefusesOperationsBeyondTheirRanges) {
  delta::OpHeader op;
  op.kind = Op::kLiteral;
  op.length = 51;
  expect_refused(op, "operation exceeds the output range");
  op.kind = Op::kCopy;
  op.length = 50;
  op.base_offset = 51;
  expect_refused(op, "operation exceeds the base");
  op.base_offset = UINT64_MAX - 3;
  expect_refused(op, "operation exceeds the base");
  op.kind = Op::kRepeat;
  op.distance = 1;
  expect_refused(op, "distance");
}

TEST(ApplierTest, RefusesNumbersThatAreTooWide) {
  DeltaCase chunk;
  chunk.target.resize(50);
  EXPECT_STREQ(run(chunk, Statement().wide_length(33)).reason(), "operation");
  EXPECT_STREQ(run(chunk, Statement().wide_length(32)).reason(), "operation");
  EXPECT_STREQ(run(chunk, Statement().wide_length(29)).reason(),
               "operation exceeds the output range");
}

TEST(ApplierTest, RefusesTermsThatMakeNoSense) {
  delta::OpHeader op;
  op.kind = Op::kTyped;
  op.length = 2;
  op.typed.predictor.target = Element::kNone;
  expect_refused(op, "operation");
  op.typed.is_rounded = true;
  expect_refused(op, "operation");
  op.typed.predictor.target = Element::kInt16;
  expect_refused(op, "operation");
  op.typed.predictor.target = Element::kHalf;
  op.typed.predictor.predictor = Predictor::kQuantise;
  expect_refused(op, "operation");
  op.typed.predictor.predictor = Predictor::kPlain;
  op.typed.is_rounded = false;
  op.typed.columns = delta::kMaxPeriod + 1;
  expect_refused(op, "operation");
  op.typed.columns = 7;
  op.phase = 7;
  expect_refused(op, "operation");
  op.phase = 0;
  op.length = 26;
  expect_refused(op, "operation exceeds the output range");
  op.length = 2;
  op.typed.predictor.predictor = Predictor::kColumnScale;
  op.typed.columns = static_cast<uint32_t>(delta::kProfiles[0].scales) + 1;
  expect_refused(op, "more columns than the profile has");
}

TEST(ApplierTest, RefusesBytesLeftOver) {
  const DeltaCase chunk = plain_case();
  std::vector<uint8_t> payload = encode_case(chunk);
  payload.insert(payload.end(), {0, 0, 0, 0, 0, 1});
  EXPECT_STREQ(run(chunk, payload).reason(), "bytes left over");
}

TEST(ApplierTest, WritesInOrderAndInWholeWindows) {
  DeltaCase chunk;
  chunk.target = counted_bytes(1000);
  chunk.ops = {controller::byte_op(Op::kLiteral, 0, 1000)};
  DeltaBench bench({}, 0, 1000, kSmallMemory);
  ASSERT_TRUE(bench.run(encode_case(chunk)).ok());
  EXPECT_EQ(bench.storage().write_sizes, (std::vector<size_t>{256, 256, 256, 232}));
}

TEST(ApplierTest, ReportsWhatTheStorageSays) {
  const DeltaCase chunk = plain_case();
  const std::vector<uint8_t> payload = encode_case(chunk);
  for (const char* call : {"read", "write"}) {
    DeltaBench bench(chunk.base, 0, chunk.output_length(), kSmallMemory);
    bench.storage().fails = call;
    EXPECT_EQ(bench.run(payload).code(), Code::kUnavailable) << call;
  }
}

TEST(ApplierTest, TheSameWhateverTheMemoryAbove) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    const DeltaCase chunk = random_case(seed);
    const std::vector<uint8_t> payload = encode_case(chunk);
    const uint32_t large = delta::decoder_memory(delta::kLargeProfile);
    for (const uint32_t memory : {large, large + 1, large + 7, large + 4096}) {
      DeltaBench bench(chunk.base, chunk.output_offset, chunk.output_length(), memory);
      ASSERT_TRUE(bench.run(payload).ok());
      ASSERT_EQ(bench.storage().output(), chunk.output());
      ASSERT_TRUE(bench.kept_its_bounds());
    }
  }
}

}  // namespace
}  // namespace flotilla::edge
