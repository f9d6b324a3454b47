// The written file is read by the readers that inspect pushed models, and by a real runtime in
// tests/integration/onnx_runtime.

#include <gtest/gtest.h>

#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/quantise.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

constexpr int kFloat = 1;

const std::atomic<bool> kGoOn = false;

std::string model(const std::string& graph, uint64_t ir, uint64_t opset) {
  return proto_number(1, ir) + proto_bytes(2, "builder") + proto_bytes(7, graph) +
         proto_bytes(8, proto_number(2, opset)) + proto_bytes(14, "unknown fields are kept") +
         proto_bytes(3000, "and so are these");
}

std::string weight(const std::string& name = "w", int type = kFloat) {
  return onnx_tensor(name, type, {16, 32}, floats(512));
}

std::string gemm_graph(const std::vector<std::string>& initialisers = {weight()}) {
  return onnx_graph({onnx_node("MatMul", {"x", "w"}, "y")}, initialisers) +
         proto_bytes(11, onnx_value("x", kFloat, {-1, 16})) +
         proto_bytes(12, onnx_value("y", kFloat, {-1, 32}));
}

std::string quantised(const std::string& file) {
  OptimiseFault fault;
  const auto made = quantise_weights(as_bytes(file), fault);
  EXPECT_TRUE(made.ok()) << fault.message;
  return made.ok() ? made.value() : "";
}

std::string refusal(const std::string& file) {
  OptimiseFault fault;
  EXPECT_FALSE(quantise_weights(as_bytes(file), fault).ok());
  EXPECT_FALSE(fault.remedy.empty());
  return fault.message;
}

ModelFacts facts_of(const std::string& file) {
  InspectFault fault;
  const auto facts = inspect_model(as_bytes(file), {kGoOn, {}}, &fault);
  EXPECT_TRUE(facts.ok()) << fault.message;
  return facts.ok() ? facts.value() : ModelFacts{};
}

TEST(OnnxQuantise, WeightsBecomeInt8WithScales) {
  const std::string file = model(gemm_graph(), 8, 17);
  const std::string made = quantised(file);
  EXPECT_LT(made.size(), file.size());
  const ModelFacts facts = facts_of(made);
  EXPECT_EQ(facts.weights.dtype, "int8");
  EXPECT_EQ(facts.weights.scheme, QuantScheme::kPerChannel);
  EXPECT_TRUE(facts.weights.is_symmetric);
  EXPECT_EQ(facts.graph->operators,
            (std::map<std::string, uint64_t>{{"DequantizeLinear", 1}, {"MatMul", 1}}));
  ASSERT_EQ(facts.tensors.size(), 2u);
  EXPECT_EQ(facts.tensors[0].name, "w_quantized");
  EXPECT_EQ(facts.tensors[0].shape, (std::vector<uint64_t>{16, 32}));
  EXPECT_EQ(facts.tensors[1].name, "w_scale");
  EXPECT_EQ(facts.tensors[1].shape, (std::vector<uint64_t>{32})) << "the columns of MatMul";
  EXPECT_EQ(facts.graph->inputs.size(), 1u);
}

TEST(OnnxQuantise, EverythingElseIsKept) {
  const std::string made = quantised(model(gemm_graph({weight(), weight("other")}), 8, 17));
  for (const std::string& part :
       {proto_bytes(14, "unknown fields are kept"), proto_bytes(3000, "and so are these"),
        proto_bytes(1, onnx_node("MatMul", {"x", "w"}, "y")), proto_bytes(5, weight("other")),
        proto_bytes(11, onnx_value("x", kFloat, {-1, 16}))}) {
    EXPECT_NE(made.find(part), std::string::npos);
  }
}

TEST(OnnxQuantise, TheSameBytesTwice) {
  const std::string file = model(gemm_graph(), 8, 17);
  EXPECT_EQ(quantised(file), quantised(file));
}

TEST(OnnxQuantise, NamesThatAreTakenAreAvoided) {
  const std::string made = quantised(
      model(gemm_graph({weight(), onnx_tensor("w_scale", kFloat, {2}, floats(2))}), 8, 17));
  const ModelFacts facts = facts_of(made);
  std::set<std::string> names;
  for (const TensorFacts& tensor : facts.tensors) names.insert(tensor.name);
  EXPECT_EQ(names, (std::set<std::string>{"w_quantized", "w_scale", "w_scale_"}));
  EXPECT_EQ(facts.weights.scheme, QuantScheme::kPerChannel);
}

/// AttributeProto with a tensor or a graph.
std::string attribute(const std::string& name, uint32_t field, const std::string& content) {
  return proto_bytes(1, name) + proto_bytes(field, content);
}

TEST(OnnxQuantise, ConstantsInsideBranches) {
  const std::string branch =
      onnx_graph({onnx_node("Constant", {}, "w", {attribute("value", 5, weight(""))}),
                  onnx_node("MatMul", {"x", "w"}, "z")},
                 {});
  const std::string made = quantised(model(
      onnx_graph(
          {onnx_node("If", {"c"}, "y",
                     {attribute("then_branch", 6, branch), attribute("else_branch", 6, branch)})},
          {}),
      8, 17));
  const ModelFacts facts = facts_of(made);
  EXPECT_EQ(facts.graph->operators,
            (std::map<std::string, uint64_t>{{"DequantizeLinear", 2}, {"If", 1}, {"MatMul", 2}}));
  EXPECT_EQ(facts.weights.tensors, 2u);
  EXPECT_EQ(facts.weights.dtype, "int8");
}

TEST(OnnxQuantise, OldModelsListInitialisersAsInputs) {
  const std::string graph = gemm_graph() + proto_bytes(11, onnx_value("w", kFloat, {16, 32}));
  const std::string made = quantised(model(graph, 3, 13));
  EXPECT_EQ(facts_of(made).graph->inputs.size(), 1u) << "w is no input any more";
  EXPECT_EQ(made[1], 7) << "IR version of operator set 13";
  EXPECT_EQ(refusal(model(graph, 8, 13)), "it has no float32 weights that int8 would make smaller")
      << "a default that a caller may replace";
}

TEST(OnnxQuantise, RefusesWhatItCannotDo) {
  EXPECT_EQ(refusal(model(gemm_graph(), 6, 11)),
            "its operator set is 11; DequantizeLinear has a scale for each channel since 13");
  const std::string halves = onnx_tensor("w", 10, {16, 32}, floats(256));
  EXPECT_EQ(refusal(model(gemm_graph({halves}), 8, 17)),
            "weight 'w' is float16: DequantizeLinear makes float32 of int8");
  const std::string small = onnx_tensor("w", kFloat, {2, 2}, floats(4));
  EXPECT_EQ(refusal(model(gemm_graph({small}), 8, 17)),
            "it has no float32 weights that int8 would make smaller");
}

}  // namespace
}  // namespace flotilla::controller::test
