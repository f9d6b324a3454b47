#include <gtest/gtest.h>

#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/built_in.h"
#include "controller/artifact/optimise/quantise.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

const std::atomic<bool> kGoOn = false;

std::string sample(const std::string& metadata = "") {
  const std::string header =
      "{" + metadata +
      R"("w":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]},)"
      R"("bias":{"dtype":"F32","shape":[8],"data_offsets":[2048,2080]},)"
      R"("norm":{"dtype":"F32","shape":[1,8,1],"data_offsets":[2080,2112]}})";
  return safetensors_file(header, floats(512) + floats(8) + floats(8));
}

std::string quantised(const std::string& file) {
  OptimiseFault fault;
  const auto made = quantise_weights(as_bytes(file), fault);
  EXPECT_TRUE(made.ok()) << fault.message;
  return made.ok() ? made.value() : "";
}

TEST(SafetensorsQuantise, WeightsBecomeInt8WithScales) {
  const std::string made = quantised(sample());
  const auto model = read_copy(made);
  ASSERT_TRUE(model.ok());
  std::map<std::string, const TensorSpan*> tensors;
  for (const TensorSpan& span : model.value().tensors) tensors[span.name] = &span;
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_EQ(tensors["w"]->dtype, DType::kInt8);
  EXPECT_EQ(tensors["w"]->shape, (std::vector<uint64_t>{8, 64}));
  EXPECT_EQ(tensors["w"]->quantisation.scales.size(), 8u);
  EXPECT_EQ(tensors["w"]->quantisation.axis, 0);
  EXPECT_EQ(tensors["w.scale"]->dtype, DType::kFloat32);
  for (const auto* name : {"bias", "norm"}) {
    EXPECT_EQ(tensors[name]->dtype, DType::kFloat32);
    EXPECT_EQ(made.substr(tensors[name]->offset, 32), floats(8));
  }
  for (const TensorSpan& span : model.value().tensors) {
    EXPECT_EQ(span.offset % (bits_of(span.dtype) / 8), 0u) << span.name;
  }
}

TEST(SafetensorsQuantise, MetadataSaysSoAndKeepsTheRest) {
  const std::string made = quantised(sample(R"("__metadata__":{"format":"pt"},)"));
  EXPECT_NE(made.find(R"("format":"pt")"), std::string::npos);
  EXPECT_NE(made.find(R"("flotilla.quantised_from":"F32")"), std::string::npos);
  EXPECT_NE(made.find("value = NAME.scale x NAME"), std::string::npos);
}

TEST(SafetensorsQuantise, AfterPruningZerosStayZeros) {
  OptimiseFault fault;
  OptimiseStep prune;
  prune.share_ppm = 500'000;
  const auto pruned = run_built_in(as_bytes(sample()), prune, fault);
  ASSERT_TRUE(pruned.ok()) << fault.message;
  EXPECT_EQ(pruned.value().size(), sample().size());
  InspectFault wrong;
  const std::string made = quantised(pruned.value());
  const auto facts = inspect_model(as_bytes(made), {kGoOn, {}}, &wrong);
  ASSERT_TRUE(facts.ok()) << wrong.message;
  EXPECT_EQ(facts.value().weights.dtype, "int8");
  EXPECT_GE(facts.value().weights.zeros, 256u);
  EXPECT_EQ(facts.value().weights.scheme, QuantScheme::kPerChannel);
}

TEST(SafetensorsQuantise, RefusesANameThatIsTaken) {
  const std::string header = R"({"w":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]},)"
                             R"("w.scale":{"dtype":"F32","shape":[8],"data_offsets":[2048,2080]}})";
  OptimiseFault fault;
  const std::string file = safetensors_file(header, floats(520));
  EXPECT_FALSE(quantise_weights(as_bytes(file), fault).ok());
  EXPECT_EQ(fault.message, "tensor 'w.scale' is there already");
}

}  // namespace
}  // namespace flotilla::controller::test
