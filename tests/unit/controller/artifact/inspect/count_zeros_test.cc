#include "controller/artifact/inspect/count_zeros.h"

#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

uint64_t zeros(const TensorSpan& tensor, const std::string& bytes, size_t slice = SIZE_MAX) {
  ZeroCount count(tensor);
  EXPECT_TRUE(count.can_count());
  for (size_t at = 0; at < bytes.size(); at += slice) {
    count.add(as_bytes(std::string_view(bytes).substr(at, slice)));
    if (slice == SIZE_MAX) break;
  }
  return count.zeros();
}

TensorSpan span(DType dtype, std::vector<uint64_t> shape, Quantisation quantisation = {}) {
  TensorSpan out;
  out.dtype = dtype;
  out.shape = std::move(shape);
  out.quantisation = std::move(quantisation);
  return out;
}

TEST(CountZeros, BothZerosOfFloatsCountAndTinyOnesDoNot) {
  const std::string bytes =
      little(0, 4) + little(0x80000000, 4) + little(1, 4) + little(0x3F800000, 4);
  EXPECT_EQ(zeros(span(DType::kFloat32, {4}), bytes), 2u);
  EXPECT_EQ(zeros(span(DType::kFloat32, {4}), bytes, 4), 2u) << "slice by slice";
  const std::string halves = little(0x8000, 2) + little(0x0001, 2) + little(0, 2);
  EXPECT_EQ(zeros(span(DType::kFloat16, {3}), halves), 2u);
  EXPECT_EQ(zeros(span(DType::kBfloat16, {3}), halves), 2u);
  EXPECT_EQ(zeros(span(DType::kFloat64, {2}), little(uint64_t{1} << 63, 8) + little(1, 8)), 1u);
}

TEST(CountZeros, TheZeroPointIsZero) {
  EXPECT_EQ(zeros(span(DType::kInt8, {4}), std::string("\0\0\x05\x05", 4)), 2u);
  EXPECT_EQ(zeros(span(DType::kInt8, {4}, {{1}, {5}, -1, 0}), std::string("\0\0\x05\x05", 4)), 2u);
  EXPECT_EQ(zeros(span(DType::kInt8, {3}, {{1}, {-3}, -1, 0}), "\xFD\x03\xFD"), 2u);
  EXPECT_EQ(zeros(span(DType::kUint8, {3}, {{1}, {128}, -1, 0}), "\x80\x7F\x80"), 2u);
}

TEST(CountZeros, EachChannelHasItsOwnZeroPoint) {
  const Quantisation rows{{1, 1}, {5, 7}, 0, 0};
  EXPECT_EQ(zeros(span(DType::kInt8, {2, 3}, rows), "\x05\x07\x05\x05\x07\x07"), 4u);
  EXPECT_EQ(zeros(span(DType::kInt8, {2, 3}, rows), "\x05\x07\x05\x05\x07\x07", 2), 4u);
  const Quantisation columns{{1, 1, 1}, {1, 2, 3}, 1, 0};
  EXPECT_EQ(zeros(span(DType::kInt8, {2, 3}, columns), "\x01\x02\x03\x03\x02\x01"), 4u);
}

TEST(CountZeros, NibblesEndWithTheElements) {
  // Elements 0, 1, 0 and, in what is left of the last byte, padding that does not count.
  EXPECT_EQ(zeros(span(DType::kInt4, {3}), std::string("\x10\x00", 2)), 2u);
}

TEST(CountZeros, BlocksAreNotCounted) {
  EXPECT_FALSE(ZeroCount(span(DType::kBlock, {32})).can_count());
  EXPECT_FALSE(ZeroCount(span(DType::kUnknown, {32})).can_count());
}

}  // namespace
}  // namespace flotilla::controller::test
