#include <gtest/gtest.h>

#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

std::string refusal(const std::string& weights, const std::string& manifest) {
  std::string explanation = "accepted";
  EXPECT_FALSE(read_tfjs(as_bytes(weights), manifest, &explanation).ok());
  return explanation;
}

constexpr char kManifest[] = R"({
  "modelTopology": {"node": [{"name": "weightsManifest"}, [[[1, 2, 3]]]]},
  "weightsManifest": [
    {"paths": ["a.bin"], "weights": [
      {"name": "words", "shape": [2], "dtype": "string"},
      {"name": "w", "shape": [2, 2], "dtype": "float32",
       "quantization": {"dtype": "uint8", "scale": 0.25, "min": -3.5}}]},
    {"paths": ["b.bin"], "weights": [
      {"name": "half", "shape": [3], "dtype": "float32",
       "quantization": {"dtype": "float16", "original_dtype": "float32"}},
      {"name": "n", "shape": [], "dtype": "int32"}]}]})";

std::string weights() {
  return little(2, 4) + "hi" + little(0, 4) + "abcd" + "HhHhHh" + little(7, 4);
}

TEST(Tfjs, WeightsFollowEachOther) {
  const std::string bytes = weights();
  const Result<ModelFile> read = read_tfjs(as_bytes(bytes), kManifest);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().format, ModelFormat::kTfjs);
  const std::vector<TensorSpan>& tensors = read.value().tensors;
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_TRUE(keeps_its_promises(read.value(), bytes.size()));
  EXPECT_EQ(tensors[0].size, 10u) << "two texts, each behind its length";
  EXPECT_EQ(tensors[1].dtype, DType::kUint8);
  EXPECT_EQ(bytes.substr(tensors[1].offset, tensors[1].size), "abcd");
  EXPECT_EQ(tensors[1].quantisation.scales, (std::vector<double>{0.25}));
  EXPECT_EQ(tensors[1].quantisation.minimum, -3.5);
  EXPECT_EQ(tensors[2].dtype, DType::kFloat16);
  EXPECT_TRUE(tensors[2].quantisation.scales.empty());
  EXPECT_EQ(tensors[3].dtype, DType::kInt32);
}

TEST(Tfjs, TheManifestAloneIsEnough) {
  const std::string bytes = floats(2);
  const Result<ModelFile> read = read_tfjs(
      as_bytes(bytes), R"([{"weights": [{"name": "w", "shape": [2], "dtype": "float32"}]}])");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().tensors.size(), 1u);
}

TEST(Tfjs, WeightsOfAnotherLengthAreRefused) {
  EXPECT_NE(refusal(weights() + "x", kManifest).find("describes less"), std::string::npos);
  EXPECT_NE(refusal(weights().substr(0, 12), kManifest).find("'w': its data ends beyond"),
            std::string::npos);
  EXPECT_NE(refusal(weights().substr(0, 3), kManifest).find("the file ends"), std::string::npos);
}

TEST(Tfjs, BrokenManifestsAreRefused) {
  const auto with = [](const std::string& weight) {
    return refusal("abcd", R"({"weightsManifest": [{"weights": [)" + weight + "]}]}");
  };
  EXPECT_NE(refusal("", "{").find("not valid JSON"), std::string::npos);
  EXPECT_NE(refusal("", "{}").find("no list weightsManifest"), std::string::npos);
  EXPECT_NE(refusal("", "[{}]").find("no list of weights"), std::string::npos);
  EXPECT_NE(with("3").find("no object"), std::string::npos);
  EXPECT_NE(with(R"({"name": "w", "shape": [4], "dtype": "int5"})").find("'w': a type"),
            std::string::npos);
  EXPECT_NE(with(R"({"name": "w", "shape": [99999999999, 99999999999], "dtype": "bool"})")
                .find("too many elements"),
            std::string::npos);
  EXPECT_NE(with(R"({"name": "w", "shape": "x", "dtype": "bool"})").find("no list"),
            std::string::npos);
  EXPECT_NE(with(R"({"name": "w", "shape": [1e999], "dtype": "bool"})").find("JSON"),
            std::string::npos);
}

}  // namespace
}  // namespace flotilla::controller::test
