#include "controller/artifact/delta/tensor_cut.h"

#include <gtest/gtest.h>

namespace flotilla::controller {
namespace {

TensorSpan tensor_of(std::vector<uint64_t> shape, uint64_t offset = 1000) {
  TensorSpan tensor;
  tensor.name = "w";
  tensor.dtype = DType::kFloat32;
  tensor.size = elements_of(shape).value() * 4;
  tensor.shape = std::move(shape);
  tensor.offset = offset;
  return tensor;
}

/// Parts follow each other, cover the target, and are as large as their counterparts.
void expect_whole(const std::vector<TensorPair>& parts, const TensorSpan& now) {
  uint64_t at = now.offset;
  for (const TensorPair& part : parts) {
    EXPECT_EQ(part.now.offset, at);
    EXPECT_EQ(elements_of(part.now.shape).value() * 4, part.now.size);
    if (part.old) {
      EXPECT_EQ(part.old->size, part.now.size);
      EXPECT_EQ(part.old->shape, part.now.shape);
    }
    at += part.now.size;
  }
  EXPECT_EQ(at, now.offset + now.size);
}

TEST(TensorCutTest, SmallPairsStayWhole) {
  const TensorSpan now = tensor_of({1, 8, 5});
  const auto parts = cut_pair(now, &now, 40);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].now.shape, now.shape);
}

TEST(TensorCutTest, AlongTheOutermostDimension) {
  const TensorSpan now = tensor_of({10, 5});
  const TensorSpan old = tensor_of({10, 5}, 64);
  const auto parts = cut_pair(now, &old, 20);
  ASSERT_EQ(parts.size(), 3u);
  expect_whole(parts, now);
  EXPECT_EQ(parts[1].now.shape, (std::vector<uint64_t>{4, 5}));
  EXPECT_EQ(parts[1].old->offset, 64u + 4 * 5 * 4);
  EXPECT_EQ(parts[2].now.shape[0], 2u);
}

TEST(TensorCutTest, LeadingOnesDoNotHinder) {
  for (const auto& shape : {std::vector<uint64_t>{1, 1, 10, 5}, std::vector<uint64_t>{1, 50}}) {
    const TensorSpan now = tensor_of(shape);
    const auto parts = cut_pair(now, &now, 20);
    EXPECT_GE(parts.size(), 3u);
    expect_whole(parts, now);
    for (const TensorPair& part : parts) EXPECT_LE(part.now.size, 20u * 4);
  }
}

TEST(TensorCutTest, OtherShapesOfTheSameSizeLoseThem) {
  const TensorSpan now = tensor_of({10, 5});
  const TensorSpan old = tensor_of({5, 10});
  const auto parts = cut_pair(now, &old, 20);
  ASSERT_EQ(parts.size(), 3u);
  expect_whole(parts, now);
  for (const TensorPair& part : parts) EXPECT_TRUE(part.old.has_value());
}

TEST(TensorCutTest, NewRowsStandAlone) {
  const TensorSpan now = tensor_of({12, 5});
  const TensorSpan old = tensor_of({10, 5}, 64);
  const auto parts = cut_pair(now, &old, 1000);
  ASSERT_EQ(parts.size(), 2u);
  expect_whole(parts, now);
  EXPECT_EQ(parts[0].now.shape[0], 10u);
  EXPECT_TRUE(parts[0].old.has_value());
  EXPECT_FALSE(parts[1].old.has_value());
  const auto shorter = cut_pair(old, &now, 1000);
  ASSERT_EQ(shorter.size(), 1u);
  EXPECT_EQ(shorter[0].old->shape[0], 10u);
}

TEST(TensorCutTest, WhatHasScalesByRowStaysWhole) {
  TensorSpan now = tensor_of({10, 5});
  now.quantisation.scales.assign(10, 0.5);
  EXPECT_EQ(cut_pair(now, &now, 20).size(), 1u);
  TensorSpan sparse = tensor_of({10, 5});
  sparse.size = 50;
  EXPECT_EQ(cut_pair(sparse, &sparse, 20).size(), 1u);
  TensorSpan hostile = tensor_of({1, 64});
  hostile.shape[0] = 0;
  hostile.size = 3;
  const TensorSpan other = tensor_of({5, 64});
  EXPECT_EQ(cut_pair(hostile, &other, 20).size(), 1u);
  EXPECT_EQ(cut_pair(other, &hostile, 20).size(), 1u);
}

}  // namespace
}  // namespace flotilla::controller
