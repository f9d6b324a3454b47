#include "controller/artifact/numbers/number_runs.h"

#include <gtest/gtest.h>

#include "tests/support/adapter_payloads.h"
#include "tests/support/delta_models.h"
#include "tests/support/model_files.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::numbers_as;
using flotilla::testing::random_bytes;
using flotilla::testing::random_weights;

std::string text_of(size_t size) {
  std::string out;
  for (int i = 0; out.size() < size; ++i) out += "{\"layer\": " + std::to_string(i * 7919) + "},\n";
  out.resize(size);
  return out;
}

/// The single run of a file that has one: within a window of where its numbers are.
void expect_run(const std::string& file, DType dtype, uint64_t begin, uint64_t end) {
  const std::vector<NumberRun> runs = find_number_runs(as_bytes(file));
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].dtype, dtype);
  EXPECT_EQ((runs[0].offset - begin) % (bits_of(dtype) / 8), 0u) << "alignment";
  EXPECT_NEAR(static_cast<double>(runs[0].offset), static_cast<double>(begin), 4096);
  EXPECT_NEAR(static_cast<double>(runs[0].end()), static_cast<double>(end), 4096);
  EXPECT_LE(runs[0].end(), file.size());
}

TEST(NumberRuns, FindsEachTypeAtEachAlignment) {
  Prng random(21);
  for (const DType dtype : {DType::kFloat32, DType::kFloat16, DType::kBfloat16}) {
    for (const size_t head : {0u, 12'289u, 12'290u, 12'291u}) {
      SCOPED_TRACE(std::string(dtype_name(dtype)) + " after " + std::to_string(head));
      const std::string numbers = numbers_as(dtype, random_weights(random, 30'000));
      const std::string file = text_of(head) + numbers + text_of(20'000);
      expect_run(file, dtype, head, head + numbers.size());
    }
  }
}

TEST(NumberRuns, PrunedWeightsStayOneRun) {
  Prng random(22);
  std::string numbers = numbers_as(DType::kFloat32, random_weights(random, 40'000));
  std::fill(numbers.begin() + 40'000, numbers.begin() + 80'000, '\0');
  for (size_t i = 80'000; i < numbers.size(); i += 8) numbers.replace(i, 4, 4, '\0');
  expect_run(numbers, DType::kFloat32, 0, numbers.size());
}

TEST(NumberRuns, WhatIsNoFloatIsNone) {
  Prng random(23);
  std::string integers;
  for (uint64_t i = 0; i < 20'000; ++i) integers += controller::test::little(i * 37 % 20'000, 4);
  for (const std::string& file :
       {std::string(), std::string("abc"), text_of(100'000), random_bytes(random, 100'000),
        numbers_as(DType::kInt8, random_weights(random, 100'000)), integers,
        std::string(50'000, '\0')}) {
    EXPECT_TRUE(find_number_runs(as_bytes(file)).empty()) << file.size() << " bytes";
  }
}

TEST(NumberRuns, ReadsNumbers) {
  const std::string file("\0\0\0\x80\x3f\0\0\x80\x7f", 9);
  const NumberRun run{DType::kFloat32, 1, 2};
  EXPECT_EQ(number_at(as_bytes(file), run, 0), 1.0f);
  EXPECT_EQ(number_at(as_bytes(file), run, 1), 0.0f) << "infinite";
}

}  // namespace
}  // namespace flotilla::controller
