// Conversions and steps of numbers, for every bit pattern of 16 bits, against arithmetic in double
// precision.

#include "schemas/protocol/delta/element.h"

#include <gtest/gtest.h>

#include "schemas/base/prng.h"
#include "schemas/protocol/delta/element_model.h"
#include "tests/support/delta_reference.h"

namespace flotilla::delta {
namespace {

using flotilla::testing::reference_half_to_single;
using flotilla::testing::reference_single_to_brain;
using flotilla::testing::reference_single_to_half;

bool is_nan(uint32_t single) {
  return (single & 0x7FFFFFFF) > 0x7F800000;
}

TEST(ElementTest, EveryHalfIsTheSingleOfItsValueAndComesBack) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const uint32_t single = to_single(Element::kHalf, half);
    ASSERT_EQ(single, reference_half_to_single(half)) << half;
    if (!is_nan(single)) {
      ASSERT_EQ(from_single(Element::kHalf, single), half);
    }
  }
}

TEST(ElementTest, EveryBrainIsTheSingleOfItsValueAndComesBack) {
  for (uint32_t brain = 0; brain < 65536; ++brain) {
    const uint32_t single = to_single(Element::kBrain, brain);
    ASSERT_EQ(single, brain << 16);
    if (!is_nan(single)) {
      ASSERT_EQ(from_single(Element::kBrain, single), brain);
    }
  }
}

/// Singles around every half and bfloat16: exact, just beside, and at the ties.
TEST(ElementTest, SinglesRoundToTheNearestTiesToEven) {
  for (uint32_t upper = 0; upper < 65536; ++upper) {
    for (const uint32_t lower : {0u, 1u, 0x0FFFu, 0x1000u, 0x1001u, 0x2FFFu, 0x3000u, 0x7FFFu,
                                 0x8000u, 0x8001u, 0xF000u, 0xFFFFu}) {
      const uint32_t single = upper << 16 | lower;
      if (is_nan(single)) continue;
      ASSERT_EQ(from_single(Element::kHalf, single), reference_single_to_half(single)) << single;
      ASSERT_EQ(from_single(Element::kBrain, single), reference_single_to_brain(single)) << single;
    }
  }
  Prng random(1);
  for (int i = 0; i < 300000; ++i) {
    const uint32_t single = static_cast<uint32_t>(random.next());
    if (is_nan(single)) continue;
    ASSERT_EQ(from_single(Element::kHalf, single), reference_single_to_half(single)) << single;
    ASSERT_EQ(from_single(Element::kBrain, single), reference_single_to_brain(single)) << single;
  }
}

TEST(ElementTest, WhatIsNoNumberStaysNone) {
  for (const uint32_t single : {0x7F800001u, 0x7FC00000u, 0xFFFFFFFFu, 0xFF800001u}) {
    for (const Element type : {Element::kHalf, Element::kBrain}) {
      EXPECT_TRUE(is_nan(to_single(type, from_single(type, single))));
    }
  }
}

TEST(ElementTest, IntegersHaveTheirValues) {
  EXPECT_EQ(as_float(to_single(Element::kInt8, 0x80)), -128.0f);
  EXPECT_EQ(as_float(to_single(Element::kUnsigned, 0x80)), 128.0f);
  EXPECT_EQ(as_float(to_single(Element::kInt16, 0xFFFF)), -1.0f);
  EXPECT_EQ(as_float(to_single(Element::kInt32, 0x80000000u)), -2147483648.0f);
  EXPECT_EQ(as_float(to_single(Element::kInt32, 16777217u)), 16777216.0f);
  EXPECT_EQ(to_single(Element::kNone, 123), 0u);
}

/// Neighbours in value are one step apart, from the lowest to the highest, through both zeros.
TEST(ElementTest, StepsFollowTheValues) {
  for (const Element type : {Element::kHalf, Element::kBrain}) {
    const uint32_t infinity = type == Element::kHalf ? 0x7C00 : 0x7F80;
    uint32_t at = infinity | 0x8000;
    float value = as_float(to_single(type, at));
    for (uint32_t count = 0; count <= 2 * infinity; ++count) {
      const uint32_t next = add_steps(type, at, 1);
      ASSERT_EQ(steps_between(type, at, next), 1);
      ASSERT_EQ(add_steps(type, next, -1), at);
      const float above = as_float(to_single(type, next));
      ASSERT_GE(above, value) << at;
      at = next;
      value = above;
    }
    EXPECT_EQ(at, infinity);
  }
}

TEST(ElementTest, StepsBetweenAnyTwoLeadFromOneToTheOther) {
  Prng random(2);
  for (int i = 0; i < 200000; ++i) {
    const Element type = static_cast<Element>(random.below(8));
    if (type == Element::kNone) continue;
    const uint32_t mask = static_cast<uint32_t>((uint64_t{1} << (8 * size_of(type))) - 1);
    const uint32_t from = static_cast<uint32_t>(random.next()) & mask;
    const uint32_t to = static_cast<uint32_t>(random.next()) & mask;
    ASSERT_EQ(add_steps(type, from, steps_between(type, from, to)), to);
  }
}

TEST(ElementTest, StoresWhatItLoads) {
  for (const Element type : {Element::kInt8, Element::kInt16, Element::kInt32, Element::kSingle}) {
    const uint8_t bytes[4] = {0x81, 0x42, 0x23, 0xF4};
    uint8_t copy[4] = {};
    store_element(type, load_element(type, bytes), copy);
    for (uint32_t i = 0; i < 4; ++i) EXPECT_EQ(copy[i], i < size_of(type) ? bytes[i] : 0);
  }
}

// ---- level map

TEST(LevelMapTest, LearnsRowsAndColumns) {
  uint8_t slots[512];
  LevelMap map;
  map.start(slots, 3, 0, 7000);
  EXPECT_EQ(map.expected(), 7000);
  const int32_t levels[3] = {7600, 7900, 7300};
  for (int i = 0; i < 300; ++i) map.learn(levels[i % 3]);
  for (const int32_t level : levels) {
    EXPECT_NEAR(map.expected(), level, 32);  // half an octave: slots are coarse
    map.learn(level);
  }
}

TEST(LevelMapTest, OffsetsStayWithinTheirByte) {
  uint8_t slots[4];
  LevelMap map;
  map.start(slots, 2, 1, 0);
  for (int i = 0; i < 2000; ++i) map.learn(i % 2 == 0 ? 0 : 255 * 64);
  EXPECT_GE(map.expected(), 0);
  EXPECT_LE(map.expected(), 255 * 64 + 127 * 4);
}

TEST(LevelMapTest, NeighboursShareWhenThereAreMoreColumnsThanSlots) {
  uint8_t slots[2];
  LevelMap map;
  map.start(slots, 4, 0, 5000);
  for (int i = 0; i < 400; ++i) map.learn(i % 4 < 2 ? 5000 : 5400);
  const int32_t first = map.expected();
  map.skip();
  EXPECT_EQ(map.expected(), first);
  map.skip();
  EXPECT_NEAR(map.expected(), first + 400, 40);
}

}  // namespace
}  // namespace flotilla::delta
