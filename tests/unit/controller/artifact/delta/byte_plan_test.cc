// Bytes outside tensors: the steps of a plan, carried out, give the target; likeness is found.

#include "controller/artifact/delta/byte_plan.h"

#include <gtest/gtest.h>

#include "controller/artifact/delta/byte_parse.h"
#include "controller/artifact/delta/structure_plan.h"
#include "schemas/base/prng.h"

namespace flotilla::controller {
namespace {

using delta::Op;
using Steps = std::vector<ByteStep>;

std::string noise(Prng& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

/// A text with a little of everything that repeats.
std::string edited(Prng& random, const std::string& base) {
  std::string out = base;
  for (uint32_t edits = random.below(8); edits > 0; --edits) {
    const size_t at = random.below(static_cast<uint32_t>(out.size()) + 1);
    switch (random.below(4)) {
      case 0:
        out.insert(at, noise(random, random.below(100)));
        break;
      case 1:
        out.erase(at, random.below(100));
        break;
      case 2:
        out.insert(at, out.substr(0, random.below(400)));
        break;
      default:
        for (size_t i = at; i < out.size() && i < at + 60; i += 9) ++out[i];
    }
  }
  return out + "end";
}

/// The steps follow each other and produce target[begin, end) from the base and from there.
void expect_produces(const Steps& steps, const std::string& base, const std::string& target,
                     uint64_t begin, uint64_t end) {
  uint64_t at = begin;
  for (const ByteStep& step : steps) {
    ASSERT_EQ(step.target_offset, at);
    ASSERT_GT(step.length, 0u);
    const bool copies = step.kind == Op::kCopy || step.kind == Op::kPatch;
    if (copies) {
      ASSERT_LE(step.from + step.length, base.size());
    }
    if (looks_back(step.kind)) {
      ASSERT_GE(step.from, begin);
      ASSERT_LT(step.from, step.target_offset);
    }
    for (uint64_t i = 0; i < step.length; ++i) {
      if (step.kind == Op::kCopy) {
        ASSERT_EQ(base[step.from + i], target[at + i]);
      }
      if (step.kind == Op::kRepeat) {
        ASSERT_EQ(target[step.from + i], target[at + i]);
      }
    }
    at += step.length;
  }
  ASSERT_EQ(at, end);
}

TEST(BytePlanTest, StepsProduceTheTarget) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    Prng random(seed);
    const std::string base = noise(random, random.below(3000));
    const std::string target = edited(random, base);
    MatchFinder finder(as_bytes(base), seed % 3 == 0 ? 4 : 1);
    finder.add_until(base.size());
    const uint64_t begin = random.below(static_cast<uint32_t>(target.size()));
    const uint64_t end = begin + 1 + random.below(static_cast<uint32_t>(target.size() - begin));
    expect_produces(parse_bytes(as_bytes(base), finder, as_bytes(target), begin, end), base, target,
                    begin, end);
    expect_produces(plan_bytes(as_bytes(base), finder, as_bytes(target), begin, end), base, target,
                    begin, end);
  }
}

Steps plan(const std::string& base, const std::string& target) {
  MatchFinder finder(as_bytes(base), 1);
  finder.add_until(base.size());
  return plan_bytes(as_bytes(base), finder, as_bytes(target), 0, target.size());
}

TEST(BytePlanTest, MovedBlocksAreCopied) {
  Prng random(1);
  const std::string a = noise(random, 400);
  const std::string b = noise(random, 600);
  const Steps steps = plan(a + b, b + a);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].kind, Op::kCopy);
  EXPECT_EQ(steps[0].from, 400u);
  EXPECT_EQ(steps[1].from, 0u);
}

TEST(BytePlanTest, AFewChangedBytesBecomeOnePatch) {
  Prng random(2);
  const std::string base = noise(random, 300);
  std::string target = base;
  for (size_t i = 20; i < 280; i += 13) ++target[i];
  const Steps steps = plan(base, target);
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].kind, Op::kPatch);
}

TEST(BytePlanTest, RunsRepeatThemselves) {
  const std::string target = "x" + std::string(500, 'a');
  const Steps steps = plan("", target);
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].kind, Op::kLiteral);
  EXPECT_EQ(steps[1].kind, Op::kRepeat);
}

TEST(RemainderTest, KnowsWhereItsBytesAre) {
  const std::string file = "0123456789abcdef";
  const Remainder rest(as_bytes(file), {{2, 5}, {5, 6}, {10, 16}});
  EXPECT_EQ(as_text(rest.bytes()), "016789");
  EXPECT_EQ(rest.locate(0).begin, 0u);
  EXPECT_EQ(rest.locate(1).end, 2u);
  EXPECT_EQ(rest.locate(2).begin, 6u);
  EXPECT_EQ(rest.locate(5).begin, 9u);
  EXPECT_EQ(rest.locate(5).end, 10u);
  EXPECT_EQ(rest.joined_before(0), 0u);
  EXPECT_EQ(rest.joined_before(4), 2u);
  EXPECT_EQ(rest.joined_before(7), 3u);
  EXPECT_EQ(rest.joined_before(16), 6u);
}

TEST(RemainderTest, AllOrNothingMayBeTaken) {
  const std::string file = "0123";
  EXPECT_EQ(as_text(Remainder(as_bytes(file), {}).bytes()), "0123");
  EXPECT_TRUE(Remainder(as_bytes(file), {{0, 4}}).bytes().empty());
}

TEST(StructurePlannerTest, PlansOnlyWhatNoTensorCovers) {
  Prng random(3);
  const std::string head = noise(random, 100);
  const std::string tail = noise(random, 80);
  const std::string base = head + std::string(50, 'B') + tail;
  const std::string target = "new" + head + std::string(70, 'T') + tail;
  const StructurePlanner planner(as_bytes(base), {{100, 150}}, as_bytes(target), {{103, 173}});
  uint64_t produced = 0;
  for (const PlannedOp& op : planner.plan(0, target.size())) {
    const bool inside = op.target_offset < 173 && op.end() > 103;
    EXPECT_FALSE(inside);
    produced += op.size();
    if (op.header.kind != Op::kCopy) continue;
    EXPECT_EQ(base.substr(op.header.base_offset, op.size()),
              target.substr(op.target_offset, op.size()));
  }
  EXPECT_EQ(produced, target.size() - 70);
}

}  // namespace
}  // namespace flotilla::controller
