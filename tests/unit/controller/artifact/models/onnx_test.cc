#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

constexpr int kFloat = 1;
constexpr int kUint8 = 2;
constexpr int kInt8 = 3;
constexpr int kFloat16 = 10;

std::string refusal(const std::string& file) {
  std::string explanation = "accepted";
  EXPECT_FALSE(read_copy(file, &explanation).ok());
  return explanation;
}

const TensorSpan* find(const ModelFile& model, std::string_view name) {
  for (const TensorSpan& tensor : model.tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

TEST(Onnx, InitialisersAreFound) {
  const std::string file =
      onnx_file(onnx_graph({onnx_node("MatMul", {"x", "w"}, "y")},
                           {onnx_tensor("w", kFloat, {2, 3}, floats(6)),
                            onnx_tensor("half", kFloat16, {4}, std::string(8, 'h'))}));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kOnnx);
  ASSERT_EQ(read.value().tensors.size(), 2u);
  EXPECT_TRUE(keeps_its_promises(read.value(), file.size()));
  const TensorSpan* weights = find(read.value(), "w");
  ASSERT_NE(weights, nullptr);
  EXPECT_EQ(weights->dtype, DType::kFloat32);
  EXPECT_EQ(weights->shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(file.substr(weights->offset, weights->size), floats(6));
}

TEST(Onnx, PackedFloatsAreFound) {
  const std::string tensor = proto_bytes(1, proto_varint(2) + proto_varint(3)) +  // packed dims
                             proto_number(2, kFloat) + proto_bytes(4, floats(6)) +
                             proto_bytes(8, "packed");
  const Result<ModelFile> read = read_copy(onnx_file(onnx_graph({}, {tensor})));
  ASSERT_TRUE(read.ok());
  ASSERT_NE(find(read.value(), "packed"), nullptr);
  EXPECT_EQ(find(read.value(), "packed")->shape, (std::vector<uint64_t>{2, 3}));
}

TEST(Onnx, PackedFloatsInSeveralPiecesAreLeftOut) {
  const std::string tensor = proto_number(1, 6) + proto_number(2, kFloat) +
                             proto_bytes(4, floats(4)) + proto_bytes(4, floats(2));
  const Result<ModelFile> read = read_copy(onnx_file(onnx_graph({}, {tensor})));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read.value().tensors.empty());
}

TEST(Onnx, ConstantsInBranchesAreFound) {
  const std::string value =
      proto_bytes(1, "value") + proto_bytes(5, onnx_tensor("", kFloat, {3}, floats(3)));
  const std::string branch = onnx_graph({onnx_node("Constant", {}, "weights", {value})}, {});
  const std::string attribute = proto_bytes(1, "then_branch") + proto_bytes(6, branch);
  const std::string file =
      onnx_file(onnx_graph({onnx_node("If", {"condition"}, "y", {attribute})}, {}));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().tensors.size(), 1u);
  EXPECT_EQ(read.value().tensors[0].name, "weights") << "an unnamed constant has its output's name";
}

TEST(Onnx, ExternalDataIsNotInTheFile) {
  const std::string tensor = onnx_tensor("w", kFloat, {3}, floats(3)) + proto_number(14, 1);
  const Result<ModelFile> read = read_copy(onnx_file(onnx_graph({}, {tensor})));
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read.value().tensors.empty());
}

TEST(Onnx, OperatorsTellScalesAndAxis) {
  const std::string axis = proto_bytes(1, "axis") + proto_number(3, 1);
  const std::string zeros = proto_number(1, 2) + proto_number(2, kInt8) +
                            proto_bytes(5, proto_varint(5) + proto_varint(uint64_t(-2))) +
                            proto_bytes(8, "zeros");
  const std::string file =
      onnx_file(onnx_graph({onnx_node("DequantizeLinear", {"w", "scales", "zeros"}, "y", {axis})},
                           {onnx_tensor("w", kInt8, {2, 2}, "abcd"),
                            onnx_tensor("scales", kFloat, {2}, floats(2)), zeros}));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  const TensorSpan* weights = find(read.value(), "w");
  ASSERT_NE(weights, nullptr);
  EXPECT_EQ(weights->quantisation.scales, (std::vector<double>{0.5, 1.5}));
  EXPECT_EQ(weights->quantisation.zero_points, (std::vector<int64_t>{5, -2}));
  EXPECT_EQ(weights->quantisation.axis, 1);
}

TEST(Onnx, NamesTellScales) {
  const std::string file =
      onnx_file(onnx_graph({}, {onnx_tensor("conv_quantized", kUint8, {2, 2}, "abcd"),
                                onnx_tensor("conv_scale", kFloat, {}, floats(1)),
                                onnx_tensor("conv_zero_point", kUint8, {}, "\x80")}));
  const Result<ModelFile> read = read_copy(file);
  ASSERT_TRUE(read.ok());
  const TensorSpan* weights = find(read.value(), "conv_quantized");
  ASSERT_NE(weights, nullptr);
  EXPECT_EQ(weights->quantisation.scales, (std::vector<double>{0.5}));
  EXPECT_EQ(weights->quantisation.zero_points, (std::vector<int64_t>{128}));
  EXPECT_EQ(weights->quantisation.axis, -1);
}

TEST(Onnx, ContradictionsAreRefusedWithTheTensorsName) {
  const auto with = [](const std::string& tensor) { return onnx_file(onnx_graph({}, {tensor})); };
  EXPECT_NE(refusal(with(onnx_tensor("w", kFloat, {7}, floats(6))))
                .find("'w': its data has another size than its shape"),
            std::string::npos);
  EXPECT_NE(refusal(with(onnx_tensor("w", kFloat, {UINT64_MAX}, floats(6)))).find("negative"),
            std::string::npos);
  const std::vector<uint64_t> bomb(8, INT64_MAX);
  EXPECT_NE(refusal(with(onnx_tensor("w", kFloat, bomb, floats(6)))).find("another size"),
            std::string::npos);
  const std::vector<uint64_t> deep(10'000, 1);
  EXPECT_NE(refusal(with(onnx_tensor("w", kFloat, deep, floats(6)))).find("32 dimensions"),
            std::string::npos);
}

TEST(Onnx, NestedGraphsAreBounded) {
  std::string graph = onnx_graph({}, {});
  for (int depth = 0; depth < 200; ++depth) {
    const std::string attribute = proto_bytes(1, "body") + proto_bytes(6, graph);
    graph = onnx_graph({onnx_node("Loop", {}, "y", {attribute})}, {});
  }
  EXPECT_NE(refusal(onnx_file(graph)).find("graphs nested deeper than 16"), std::string::npos);
}

TEST(Onnx, ATruncatedGraphIsBrokenAndNotUnknown) {
  const std::string graph = onnx_graph({}, {onnx_tensor("w", kFloat, {6}, floats(6))});
  const std::string file = proto_number(1, 8) + proto_bytes(7, graph);
  EXPECT_NE(refusal(file.substr(0, file.size() - 1)).find("ends beyond its message"),
            std::string::npos);
}

TEST(Onnx, OtherProtobufIsUnknown) {
  const Result<ModelFile> read = read_copy(proto_number(1, 8) + proto_number(2, 5) + "........");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kUnknown);
}

}  // namespace
}  // namespace flotilla::controller::test
