// The applier against what operations mean, against a plain decoder, and against hostile payloads.

#include "edge-client/core/applier.h"

#include <gtest/gtest.h>

#include "tests/support/edge_apply.h"
#include "tests/support/edge_world.h"

namespace flotilla::edge::test {
namespace {

using delta::Op;

constexpr uint32_t kWindows[] = {1, 2, 3, 7, 16, 64, 255, 256, 1000};

/// Random operations that fill a range, and the bytes they mean.
struct Sample {
  std::vector<uint8_t> base;
  std::vector<uint8_t> target;
  CodecRange range;
  std::vector<CodecOp> ops;
};

Sample random_sample(uint64_t seed) {
  Prng random(seed);
  Sample sample;
  sample.base = make_image(seed, random.below(4) == 0 ? 0 : 1 + random.below(3000));
  sample.range = {random.below(500), 1 + random.below(2000)};
  sample.target = make_image(seed + 1, sample.range.offset + sample.range.length);
  uint64_t at = sample.range.offset;
  while (at < sample.target.size()) {
    const uint32_t room = static_cast<uint32_t>(sample.target.size() - at);
    CodecOp op;
    op.kind = static_cast<Op>(random.below(4));
    op.length = 1 + random.below(random.below(2) == 0 ? room : std::min(room, 9u));
    const bool uses_base = op.kind == Op::kCopy || op.kind == Op::kAdd;
    if (uses_base && sample.base.empty()) continue;
    if (uses_base) {
      op.length = std::min(op.length, static_cast<uint32_t>(sample.base.size()));
      op.base_offset = random.below(static_cast<uint32_t>(sample.base.size()) - op.length + 1);
    }
    for (uint32_t i = 0; i < op.length && op.kind == Op::kCopy; ++i) {
      sample.target[at + i] = sample.base[op.base_offset + i];
    }
    sample.ops.push_back(op);
    at += op.length;
  }
  return sample;
}

std::vector<uint8_t> wanted(const Sample& sample) {
  return {sample.target.begin() + static_cast<std::ptrdiff_t>(sample.range.offset),
          sample.target.end()};
}

TEST(ApplierTest, DecodesRandomOperationsThroughEveryWindow) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const Sample sample = random_sample(seed);
    const auto payload = encode_ops(sample.base, sample.target, sample.range, sample.ops);
    const auto reference = reference_decode(sample.base, sample.range, payload);
    ASSERT_TRUE(reference.has_value()) << "seed " << seed;
    ASSERT_EQ(*reference, wanted(sample)) << "seed " << seed;
    for (const uint32_t window : kWindows) {
      ApplyBench bench(sample.base, sample.range, window);
      ASSERT_TRUE(bench.run(payload).ok()) << "seed " << seed << " window " << window;
      ASSERT_EQ(bench.output(), wanted(sample)) << "seed " << seed << " window " << window;
      ASSERT_TRUE(bench.kept_its_bounds()) << "seed " << seed << " window " << window;
    }
  }
}

TEST(ApplierTest, WritesInOrderAndInWholeWindows) {
  const std::vector<uint8_t> image = make_image(3, 1000);
  ApplyBench bench({}, {0, 1000});
  ASSERT_TRUE(bench.run(encode_full(image, {0, 1000})).ok());
  EXPECT_EQ(bench.storage().write_sizes, (std::vector<uint32_t>{256, 256, 256, 232}));
}

TEST(ApplierTest, AnEmptyPayloadIsAllZeroInput) {
  // Zero input decodes to copies of length one, which need a base.
  ApplyBench without({}, {0, 10});
  EXPECT_EQ(without.run({}).code(), Code::kInvalidArgument);
  const std::vector<uint8_t> base = make_image(4, 10);
  ApplyBench with(base, {0, 10});
  const auto reference = reference_decode(base, {0, 10}, {});
  EXPECT_EQ(with.run({}).ok(), reference.has_value());
}

TEST(ApplierTest, RefusesBytesLeftOver) {
  const std::vector<uint8_t> image = make_image(5, 300);
  auto payload = encode_full(image, {0, 300});
  payload.insert(payload.end(), {0, 0, 0, 0, 0, 0, 0, 1});
  ApplyBench bench({}, {0, 300});
  EXPECT_EQ(bench.run(payload).code(), Code::kInvalidArgument);
}

TEST(ApplierTest, RefusesOperationsBeyondTheRangeOrTheBase) {
  const std::vector<uint8_t> base = make_image(6, 100);
  const std::vector<uint8_t> target = make_image(7, 200);
  ApplyBench longer(base, {0, 50});
  EXPECT_EQ(longer.run(encode_full(target, {0, 51})).code(), Code::kInvalidArgument);
  EXPECT_TRUE(longer.kept_its_bounds());
  const std::vector<uint8_t> wide = make_image(6, 200);
  for (const uint64_t offset : {51u, 99u, 150u}) {
    ApplyBench beyond(base, {0, 50});
    const auto payload = encode_ops(wide, target, {0, 50}, {{Op::kAdd, 50, offset}});
    EXPECT_EQ(beyond.run(payload).code(), Code::kInvalidArgument) << offset;
    EXPECT_TRUE(beyond.kept_its_bounds());
  }
}

TEST(ApplierTest, AgreesWithTheReferenceOnHostilePayloads) {
  uint32_t accepted = 0;
  for (uint64_t seed = 1; seed <= 4000; ++seed) {
    Prng random(seed);
    const Sample sample = random_sample(seed % 50 + 1);
    auto payload = encode_ops(sample.base, sample.target, sample.range, sample.ops);
    if (random.below(3) == 0) payload = make_image(seed, random.below(200));
    for (uint32_t flips = random.below(4); flips-- > 0 && !payload.empty();) {
      const uint32_t at = random.below(static_cast<uint32_t>(payload.size()));
      payload[at] = static_cast<uint8_t>(random.next());
    }
    if (random.below(4) == 0)
      payload.resize(random.below(static_cast<uint32_t>(payload.size()) + 1));
    const auto reference = reference_decode(sample.base, sample.range, payload);
    ApplyBench bench(sample.base, sample.range, kWindows[random.below(9)]);
    const Status status = bench.run(payload);
    ASSERT_EQ(status.ok(), reference.has_value()) << "seed " << seed;
    if (status.ok()) {
      ASSERT_EQ(bench.output(), *reference) << "seed " << seed;
    }
    ASSERT_TRUE(bench.kept_its_bounds()) << "seed " << seed;
    accepted += status.ok() ? 1 : 0;
  }
  EXPECT_GT(accepted, 100u);
}

TEST(ApplierTest, ReportsWhatTheStorageSays) {
  const std::vector<uint8_t> image = make_image(8, 600);
  for (const char* operation : {"storage.write", "storage.read"}) {
    ApplyBench bench(image, {0, 600});
    bench.storage().faults.fails = [&](const std::string& name) { return name == operation; };
    const auto payload = encode_delta(image, image, {0, 600});
    EXPECT_EQ(bench.run(payload).code(), Code::kUnavailable) << operation;
  }
}

}  // namespace
}  // namespace flotilla::edge::test
