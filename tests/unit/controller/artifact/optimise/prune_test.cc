#include "controller/artifact/optimise/prune.h"

#include <gtest/gtest.h>

#include <bit>

#include "controller/artifact/inspect/inspect_model.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

constexpr int kFloat = 1;
constexpr int kFloat16 = 10;

const std::atomic<bool> kGoOn = false;

std::string numbers(const std::vector<float>& values) {
  std::string out;
  for (const float value : values) out += little(std::bit_cast<uint32_t>(value), 4);
  return out;
}

std::string onnx_with(const std::string& raw, const std::vector<uint64_t>& dims,
                      int type = kFloat) {
  return onnx_file(onnx_graph({onnx_node("Gemm", {"x", "w", "b"}, "y")},
                              {onnx_tensor("w", type, dims, raw),
                               onnx_tensor("b", kFloat, {2}, numbers({0.001F, 0.002F}))}));
}

/// The file after pruning, which only differs in `raw`.
void expect_pruned(const std::string& raw, uint32_t ppm, const std::string& expected,
                   int type = kFloat) {
  const uint64_t width = type == kFloat ? 4 : 2;
  const std::vector<uint64_t> dims = {2, raw.size() / width / 2};
  OptimiseFault fault;
  const auto pruned = prune_weights(as_bytes(onnx_with(raw, dims, type)), ppm, fault);
  ASSERT_TRUE(pruned.ok()) << fault.message;
  EXPECT_EQ(pruned.value(), onnx_with(expected, dims, type));
}

TEST(Prune, SmallestMagnitudesBecomeZero) {
  expect_pruned(numbers({0.5F, -0.25F, 3, -4}), 500'000, numbers({0, 0, 3, -4}));
  expect_pruned(numbers({-4, 3, -0.25F, 0.5F}), 250'000, numbers({-4, 3, 0, 0.5F}));
}

TEST(Prune, ShareIsRoundedDown) {
  expect_pruned(numbers({1, 2, 3, 4}), 499'999, numbers({0, 2, 3, 4}));
  expect_pruned(numbers({1, 2, 3, 4}), 1, numbers({1, 2, 3, 4}));
}

TEST(Prune, EqualOnesGoInTheOrderOfTheFile) {
  expect_pruned(numbers({1, -1, 1, -1, 1, 1}), 500'000, numbers({0, 0, 0, -1, 1, 1}));
}

TEST(Prune, ZerosThatAreThereCountAndLoseTheirSign) {
  expect_pruned(numbers({-0.0F, 2, 3, 0}), 500'000, numbers({0, 2, 3, 0}));
}

TEST(Prune, HalfPrecision) {
  const auto half = [](uint16_t a, uint16_t b) { return little(a, 2) + little(b, 2); };
  expect_pruned(half(0x3C00, 0xC000) + half(0x0001, 0x8400), 500'000,
                half(0x3C00, 0xC000) + half(0, 0), kFloat16);
}

TEST(Prune, BiasesNormsAndWhatIsNoWeightStay) {
  const std::string file = onnx_file(
      onnx_graph({onnx_node("Mul", {"x", "scale"}, "s"), onnx_node("Conv", {"s", "w"}, "y")},
                 {onnx_tensor("scale", kFloat, {2, 2}, numbers({1, 2, 3, 4})),
                  onnx_tensor("w", kFloat, {2, 2, 1, 1}, numbers({1, 2, 3, 4}))}));
  OptimiseFault fault;
  const auto pruned = prune_weights(as_bytes(file), 500'000, fault);
  ASSERT_TRUE(pruned.ok()) << fault.message;
  std::string expected = file;
  expected.replace(expected.rfind(numbers({1, 2})), 8, numbers({0, 0}));
  EXPECT_EQ(pruned.value(), expected);
}

TEST(Prune, TheInspectionMeasuresIt) {
  std::string raw;
  for (int i = 0; i < 1000; ++i) raw += numbers({static_cast<float>(i * 37 % 1000 + 1)});
  OptimiseFault fault;
  const auto pruned = prune_weights(as_bytes(onnx_with(raw, {2, 500})), 700'000, fault);
  ASSERT_TRUE(pruned.ok());
  InspectFault wrong;
  const auto facts = inspect_model(as_bytes(pruned.value()), {kGoOn, {}}, &wrong);
  ASSERT_TRUE(facts.ok()) << wrong.message;
  EXPECT_EQ(facts.value().weights.zeros, 700u);
  EXPECT_EQ(facts.value().weights.counted, 1000u);
}

std::string refusal(const std::string& file) {
  OptimiseFault fault;
  EXPECT_FALSE(prune_weights(as_bytes(file), 500'000, fault).ok());
  EXPECT_FALSE(fault.remedy.empty());
  return fault.message;
}

TEST(Prune, RefusesWhatItCannotDo) {
  EXPECT_NE(refusal("just text").find("its format is unknown"), std::string::npos);
  EXPECT_NE(refusal(model_files()[0]).find("its format is tflite"), std::string::npos);
  const std::string external = onnx_tensor("w", kFloat, {2, 2}, "") + proto_number(14, 1);
  EXPECT_EQ(refusal(onnx_file(onnx_graph({onnx_node("Gemm", {"x", "w"}, "y")}, {external}))),
            "1 of its tensors lie in other files");
  EXPECT_EQ(refusal(onnx_file(onnx_graph({onnx_node("Relu", {"x"}, "y")}, {}))),
            "it has no float weights of two dimensions or more");
  std::string cut = onnx_with(numbers({1, 2, 3, 4}), {2, 2});
  cut.resize(cut.size() - 30);
  EXPECT_NE(refusal(cut), "");
}

}  // namespace
}  // namespace flotilla::controller::test
