#include "controller/artifact/optimise/quantise.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "schemas/base/prng.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

std::string floats_of(const std::vector<float>& values) {
  std::string out;
  for (const float value : values) out += little(std::bit_cast<uint32_t>(value), 4);
  return out;
}

QuantisedWeight quantised(const std::string& raw, const std::vector<uint64_t>& shape, size_t axis,
                          DType dtype = DType::kFloat32) {
  OptimiseFault fault;
  const auto made = quantise_weight(as_bytes(raw), {"w", dtype, shape, 0, raw.size(), axis}, fault);
  EXPECT_TRUE(made.ok()) << fault.message;
  return made.ok() ? made.value() : QuantisedWeight{};
}

std::vector<int> stored(const QuantisedWeight& weight) {
  std::vector<int> out;
  for (const char c : weight.values) out.push_back(static_cast<int8_t>(c));
  return out;
}

using Ints = std::vector<int>;

TEST(Quantise, ScaleOfEachChannelIsItsLargestBy127) {
  const auto made = quantised(floats_of({1.27F, -0.01F, 254, 127}), {2, 2}, 0);
  EXPECT_EQ(stored(made), (Ints{127, -1, 127, 64})) << "63.5 goes to the even neighbour";
  EXPECT_EQ(made.scales, floats_of({1.27F / 127, 2}));
}

TEST(Quantise, HalvesGoToTheEvenNeighbour) {
  const auto made =
      quantised(floats_of({127, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F, -2.5F, -126.5F}), {1, 8}, 0);
  EXPECT_EQ(stored(made), (Ints{127, 0, 2, 2, 0, -2, -2, -126}));
}

TEST(Quantise, AxisInTheMiddleAndAtTheEnd) {
  const std::string raw = floats_of({127, 10, 1, 2, 254, -5, 3, 4});
  EXPECT_EQ(quantised(raw, {2, 2, 2}, 1).scales, floats_of({2, 4.0F / 127}));
  EXPECT_EQ(quantised(raw, {2, 2, 2}, 2).scales, floats_of({2, 10.0F / 127}));
  EXPECT_EQ(stored(quantised(raw, {2, 2, 2}, 2))[4], 127);
}

TEST(Quantise, ZeroAndTinyChannelsHaveScaleOne) {
  const auto made = quantised(floats_of({0, -0.0F, 1e-40F, -1e-38F, 1, 0}), {3, 2}, 0);
  EXPECT_EQ(stored(made), (Ints{0, 0, 0, 0, 127, 0}));
  EXPECT_EQ(made.scales, floats_of({1, 1, 1.0F / 127}));
}

TEST(Quantise, HalfPrecisionAndBrainFloats) {
  const std::string halves = little(0x3C00, 2) + little(0xB800, 2);  // 1, -0.5
  EXPECT_EQ(stored(quantised(halves, {1, 2}, 0, DType::kFloat16)), (Ints{127, -64}));
  const std::string brains = little(0x3F80, 2) + little(0xBF00, 2);
  EXPECT_EQ(stored(quantised(brains, {1, 2}, 0, DType::kBfloat16)), (Ints{127, -64}));
}

TEST(Quantise, RefusesWhatIsNoNumber) {
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    const std::string raw = floats_of({1, bad});
    OptimiseFault fault;
    EXPECT_FALSE(
        quantise_weight(as_bytes(raw), {"w", DType::kFloat32, {1, 2}, 0, 8, 0}, fault).ok());
    EXPECT_EQ(fault.message, "'w': value 1 is infinite or no number");
  }
}

TEST(Quantise, NoWeightIsOffByMoreThanHalfAStep) {
  Prng random(20);
  std::vector<float> values(4096);
  for (float& value : values) {
    value = static_cast<float>(static_cast<double>(random.next()) / 1.8e19 - 0.5);
  }
  const auto made = quantised(floats_of(values), {16, 256}, 0);
  const auto back = stored(made);
  for (size_t i = 0; i < values.size(); ++i) {
    const auto* at = reinterpret_cast<const uint8_t*>(made.scales.data()) + 4 * (i / 256);
    const double scale = static_cast<double>(std::bit_cast<float>(load_u32_le(at)));
    ASSERT_LE(std::fabs(back[i] * scale - static_cast<double>(values[i])), scale * 0.5000001) << i;
  }
}

}  // namespace
}  // namespace flotilla::controller::test
