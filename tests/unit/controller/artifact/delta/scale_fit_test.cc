#include "controller/artifact/delta/scale_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "schemas/base/prng.h"

namespace flotilla::controller {
namespace {

float normal(Prng& random) {
  float sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<float>(random.below(1 << 16)) / 65536.0f;
  return sum;
}

struct Weights {
  Layout layout;
  std::vector<float> old;
  std::vector<float> now;
};

constexpr uint64_t kRows = 12;
constexpr uint64_t kColumns = 40;

/// now = old x scale(row, column) + noise(row, column).
template <class Scale, class Noise>
Weights make(Scale&& scale, Noise&& noise) {
  Prng random(5);
  Weights weights;
  weights.layout = {kColumns, kColumns};
  for (uint64_t row = 0; row < kRows; ++row) {
    for (uint64_t column = 0; column < kColumns; ++column) {
      const float old = normal(random);
      weights.old.push_back(old);
      weights.now.push_back(old * scale(row, column) + noise(row, column) * normal(random));
    }
  }
  return weights;
}

Factors fit(const Weights& weights, ScaleAxis axis) {
  return fit_scales(weights.old, weights.now, weights.layout, axis);
}

TEST(ScaleFitTest, FindsOneScale) {
  const Weights weights =
      make([](uint64_t, uint64_t) { return 1.25f; }, [](uint64_t, uint64_t) { return 0.001f; });
  const Factors factors = fit(weights, ScaleAxis::kWhole);
  ASSERT_EQ(factors.size(), 1u);
  EXPECT_NEAR(delta::as_float(factors[0]), 1.25f, 0.001f);
}

TEST(ScaleFitTest, FindsRowsAndColumns) {
  const auto by_row = [](uint64_t row, uint64_t) { return 0.5f + 0.1f * static_cast<float>(row); };
  const auto by_column = [](uint64_t, uint64_t column) {
    return 0.1f + 0.05f * static_cast<float>(column);
  };
  const auto quiet = [](uint64_t, uint64_t) { return 0.001f; };
  const Factors rows = fit(make(by_row, quiet), ScaleAxis::kRow);
  ASSERT_EQ(rows.size(), kRows);
  for (uint64_t i = 0; i < kRows; ++i) {
    EXPECT_NEAR(delta::as_float(rows[i]), by_row(i, 0), 0.002f) << i;
  }
  const Factors columns = fit(make(by_column, quiet), ScaleAxis::kColumn);
  ASSERT_EQ(columns.size(), kColumns);
  for (uint64_t i = 0; i < kColumns; ++i) {
    EXPECT_NEAR(delta::as_float(columns[i]), by_column(0, i), 0.003f) << i;
  }
}

/// One channel of noise, a hundred times louder than the others, does not decide for them.
TEST(ScaleFitTest, LoudChannelsDoNotDecide) {
  const Weights weights =
      make([](uint64_t, uint64_t) { return 0.8f; },
           [](uint64_t, uint64_t column) { return column == 3 ? 10.0f : 0.01f; });
  EXPECT_NEAR(delta::as_float(fit(weights, ScaleAxis::kWhole)[0]), 0.8f, 0.002f);
  for (const uint32_t factor : fit(weights, ScaleAxis::kRow)) {
    EXPECT_NEAR(delta::as_float(factor), 0.8f, 0.01f);
  }
}

TEST(ScaleFitTest, WhatItReturnsTravelsWell) {
  const Weights weights =
      make([](uint64_t row, uint64_t) { return std::exp(-1.0f * static_cast<float>(row)); },
           [](uint64_t, uint64_t) { return 0.1f; });
  for (const uint32_t factor : fit(weights, ScaleAxis::kRow)) {
    EXPECT_EQ(delta::scale_to_single(delta::scale_from_single(factor)), factor);
    EXPECT_TRUE(std::isfinite(delta::as_float(factor)));
  }
}

TEST(ScaleFitTest, ZerosGiveScalesThatAreNumbers) {
  Weights weights{{4, 4}, std::vector<float>(16, 0.0f), std::vector<float>(16, 1.0f)};
  for (const ScaleAxis axis : {ScaleAxis::kWhole, ScaleAxis::kRow, ScaleAxis::kColumn}) {
    for (const uint32_t factor : fit(weights, axis)) {
      EXPECT_TRUE(std::isfinite(delta::as_float(factor)));
    }
  }
}

}  // namespace
}  // namespace flotilla::controller
