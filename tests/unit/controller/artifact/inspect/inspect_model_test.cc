#include "controller/artifact/inspect/inspect_model.h"

#include <gtest/gtest.h>

#include "tests/support/model_facts.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

constexpr int kFloat = 1;
constexpr int kInt8 = 3;
constexpr int kInt64 = 7;

const std::atomic<bool> kGoOn = false;

ModelFacts inspect(const std::string& file) {
  InspectFault fault;
  const auto facts = inspect_model(as_bytes(file), {kGoOn, {}}, &fault);
  EXPECT_TRUE(facts.ok()) << fault.message;
  EXPECT_TRUE(!facts.ok() || facts_fit(facts.value()));
  return facts.ok() ? facts.value() : ModelFacts{};
}

std::string refusal(const std::string& file) {
  InspectFault fault;
  EXPECT_FALSE(inspect_model(as_bytes(file), {kGoOn, {}}, &fault).ok());
  EXPECT_FALSE(fault.remedy.empty());
  return fault.message;
}

std::string quantised_onnx() {
  const std::string zeros = std::string("\0\x01\0\x01\0\0", 6);
  return onnx_file(
      onnx_graph({onnx_node("DequantizeLinear", {"w", "s"}, "d"),
                  onnx_node("Conv", {"x", "d"}, "y"), onnx_node("Conv", {"y", "d"}, "z")},
                 {onnx_tensor("w", kInt8, {2, 3}, zeros), onnx_tensor("s", kFloat, {2}, floats(2)),
                  onnx_tensor("axes", kInt64, {1, 1}, little(0, 8))}) +
      proto_bytes(11, onnx_value("x", kFloat, {-1, 3})) +
      proto_bytes(11, onnx_value("w", kInt8, {2, 3})) +
      proto_bytes(12, onnx_value("z", kFloat, {1, 2})));
}

TEST(InspectModel, CountsWhatIsInAnOnnxFile) {
  const ModelFacts facts = inspect(quantised_onnx());
  EXPECT_EQ(facts.format, ModelFormat::kOnnx);
  ASSERT_TRUE(facts.graph.has_value());
  EXPECT_EQ(facts.graph->operators,
            (std::map<std::string, uint64_t>{{"Conv", 2}, {"DequantizeLinear", 1}}));
  ASSERT_EQ(facts.graph->inputs.size(), 1u) << "initialisers are no inputs";
  EXPECT_EQ(facts.graph->inputs[0].name, "x");
  EXPECT_EQ(facts.graph->inputs[0].shape, (std::vector<int64_t>{-1, 3}));
  EXPECT_EQ(facts.graph->outputs[0].dtype, DType::kFloat32);
  EXPECT_EQ(facts.weights.tensors, 1u) << "neither scales nor index constants are weights";
  EXPECT_EQ(facts.weights.dtype, "int8");
  EXPECT_EQ(facts.weights.zeros, 4u);
  EXPECT_EQ(facts.weights.scheme, QuantScheme::kPerChannel);
  EXPECT_TRUE(facts.weights.is_symmetric);
  EXPECT_EQ(facts.parameters, 6u + 2u);
  EXPECT_EQ(facts.dtypes.at("float32").bytes, 8u);
  EXPECT_EQ(facts.tensors.size(), 3u);
}

TEST(InspectModel, CountsWhatIsInATfliteFile) {
  const ModelFacts facts = inspect(model_files()[0]);
  EXPECT_EQ(facts.format, ModelFormat::kTflite);
  ASSERT_TRUE(facts.graph.has_value());
  EXPECT_EQ(facts.graph->operators,
            (std::map<std::string, uint64_t>{{"CONV_2D", 1}, {"GELU", 1}, {"Detect", 1}}));
  ASSERT_EQ(facts.graph->inputs.size(), 1u);
  EXPECT_EQ(facts.graph->inputs[0].name, "b");
  EXPECT_EQ(facts.graph->inputs[0].dtype, DType::kInt8);
  EXPECT_EQ(facts.graph->inputs[0].shape, (std::vector<int64_t>{-1, 2})) << "the signature's";
  EXPECT_EQ(facts.graph->outputs.size(), 2u);
  EXPECT_FALSE(facts.weights.is_symmetric) << "zero points 3 and 4";
}

TEST(InspectModel, WhatASparseTensorLeavesOutIsZero) {
  TfliteModel model;
  model.buffers.push_back({floats(3)});
  model.tensors.push_back({.name = "w", .shape = {4, 3}, .buffer = 1, .sparse_indices = {0, 1}});
  EXPECT_EQ(inspect(tflite_file(model)).weights.zeros, 9u);
}

TEST(InspectModel, FormatsWithoutAGraphSaySo) {
  const ModelFacts safetensors = inspect(model_files()[2]);
  EXPECT_FALSE(safetensors.graph.has_value());
  ASSERT_EQ(safetensors.notes.size(), 1u);
  EXPECT_NE(safetensors.notes[0].find("keeps no operators"), std::string::npos);
  const ModelFacts gguf = inspect(model_files()[3]);
  EXPECT_EQ(gguf.dtypes.at("Q8_0").tensors, 1u);
  EXPECT_EQ(gguf.weights.schemes.at(QuantScheme::kBlock), 1u);
  EXPECT_EQ(gguf.weights.counted, 2u) << "zeros in blocks are not known";
}

TEST(InspectModel, TfjsNeedsItsManifest) {
  const std::string manifest = R"([{"weights":[{"name":"w","shape":[2,2],"dtype":"float32"}]}])";
  InspectFault fault;
  const std::string weights = floats(4);
  const auto facts = inspect_tfjs(as_bytes(weights), manifest, {kGoOn, {}}, &fault);
  ASSERT_TRUE(facts.ok()) << fault.message;
  EXPECT_EQ(facts.value().weights.elements, 4u);
  EXPECT_FALSE(inspect_tfjs(as_bytes(weights), "[{}]", {kGoOn, {}}, &fault).ok());
  EXPECT_NE(fault.message.find("tfjs"), std::string::npos) << fault.message;
}

TEST(InspectModel, WeightsInOtherFilesAreNoted) {
  const std::string external = onnx_tensor("w", kFloat, {3}, "") + proto_number(14, 1);
  const ModelFacts facts = inspect(onnx_file(onnx_graph({}, {external})));
  ASSERT_FALSE(facts.notes.empty());
  EXPECT_NE(facts.notes[0].find("other files"), std::string::npos);
}

TEST(InspectModel, BrokenFilesAreRefusedAsWhatTheyClaimToBe) {
  for (const std::string& file : model_files()) {
    const std::string cut = file.substr(0, file.size() / 2);
    EXPECT_NE(refusal(cut).find("byte "), std::string::npos);
  }
  TfliteModel model;
  model.operators = {{3}};
  model.has_operator_codes = false;
  EXPECT_NE(refusal(tflite_file(model)).find("of a kind that does not exist"), std::string::npos);
  model.has_operator_codes = true;
  model.inputs = {7};
  EXPECT_NE(refusal(tflite_file(model)).find("no tensor"), std::string::npos);
  const std::vector<int64_t> deep(100, 1);
  const std::string many = onnx_graph({}, {}) + proto_bytes(11, onnx_value("x", kFloat, deep));
  EXPECT_NE(refusal(onnx_file(many)).find("32 dimensions"), std::string::npos);
}

TEST(InspectModel, HostileRepetitionIsBounded) {
  std::string graph;
  for (int i = 0; i < 5000; ++i)
    graph += proto_bytes(1, onnx_node("Op" + std::to_string(i), {}, ""));
  EXPECT_NE(refusal(onnx_file(graph)).find("4096 kinds"), std::string::npos);
  std::string outputs;
  for (int i = 0; i < 5000; ++i) outputs += proto_bytes(12, onnx_value("y", kFloat, {1}));
  EXPECT_NE(refusal(onnx_file(outputs)).find("4096 inputs or outputs"), std::string::npos);
  EXPECT_NE(refusal(onnx_file(onnx_graph({onnx_node(std::string(300, 'o'), {}, "")}, {})))
                .find("256 bytes"),
            std::string::npos);
  graph.clear();
  for (int i = 0; i < 1000; ++i)
    graph += proto_bytes(1, onnx_node("Op" + std::to_string(i), {}, ""));
  const ModelFacts facts = inspect(onnx_file(graph));
  EXPECT_EQ(facts.graph->operators.at("other"), 1000u - facts.graph->operators.size() + 1);
}

TEST(InspectModel, OnlyTheLargestTensorsAreListed) {
  std::vector<std::string> tensors;
  for (int i = 0; i < 5000; ++i) {
    const uint64_t rows = i % 5 == 0 ? 1 : 2;
    tensors.push_back(
        onnx_tensor("t" + std::to_string(i), kInt8, {rows, 1}, std::string(rows, 'x')));
  }
  const ModelFacts facts = inspect(onnx_file(onnx_graph({}, tensors)));
  EXPECT_EQ(facts.tensor_count, 5000u);
  EXPECT_EQ(facts.tensors.size(), kMaxListedTensors);
  EXPECT_EQ(facts.weights.tensors, 5000u) << "totals count all";
  EXPECT_NE(facts.notes.back().find("4096 largest of 5000"), std::string::npos);
}

TEST(InspectModel, OtherFilesAreOpaqueOrRefusedByName) {
  const ModelFacts opaque = inspect(std::string("\x01\x02\x00\x03", 4));
  EXPECT_EQ(opaque.format, ModelFormat::kUnknown);
  EXPECT_EQ(opaque.kind, FileKind::kOpaque);
  EXPECT_FALSE(opaque.notes.empty());
  EXPECT_EQ(inspect("tree 1: x < 3").kind, FileKind::kText);
  EXPECT_NE(refusal("FLDT\x01\x02").find("Flotilla delta"), std::string::npos);
  EXPECT_NE(refusal("<html>").find("HTML"), std::string::npos);
  EXPECT_NE(refusal("version https://git-lfs.github.com/spec/v1\n").find("LFS"), std::string::npos);
  EXPECT_EQ(inspect(std::string("GGUF\x01\0\0\0", 8)).kind, FileKind::kOpaque)
      << "a version that this build cannot read is no fault of the file";
}

TEST(InspectModel, CanBeCancelled) {
  const std::atomic<bool> cancelled = true;
  const std::string file = quantised_onnx();
  EXPECT_EQ(inspect_model(as_bytes(file), {cancelled, {}}, nullptr).status().code(),
            Code::kAborted);
}

}  // namespace
}  // namespace flotilla::controller::test
