// Optimised ONNX models in a real runtime, against the models that they were made from. Needs
// Node.js and the package that tests/support/fetch-onnxruntime fetches, and skips without them;
// published models also need FLOTILLA_PAIRS (./check --long).

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "controller/adapters/mapped_file.h"
#include "controller/api/json.h"
#include "controller/artifact/optimise/built_in.h"
#include "schemas/base/prng.h"
#include "tests/support/model_files.h"

namespace flotilla::controller::test {
namespace {

namespace fs = std::filesystem;
using api::Json;

constexpr int kFloat = 1;

std::string package_folder() {
  const char* named = getenv("FLOTILLA_ONNXRUNTIME");
  const std::string folder =
      named != nullptr ? named : FLOTILLA_SOURCE_ROOT "/build/cache/onnxruntime";
  return folder + "/node_modules/onnxruntime-node";
}

std::string read_all(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class OnnxRuntime : public ::testing::Test {
 protected:
  void SetUp() override {
    char scratch[] = "/tmp/flotilla-onnx-XXXXXX";
    folder_ = mkdtemp(scratch);
    if (!fs::exists(package_folder()) || system("node --version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "no onnxruntime-node: run tests/support/fetch-onnxruntime";
    }
  }
  ~OnnxRuntime() override { fs::remove_all(folder_); }

  /// Adds a case: the model after `steps` against the model.
  void add(const std::string& parent, const std::vector<std::string>& steps, const Json& inputs,
           int runs = 8) {
    std::string child = parent;
    for (const std::string& text : steps) {
      OptimiseStep step;
      OptimiseFault fault;
      ASSERT_TRUE(parse_step(text, step, fault).ok()) << fault.message;
      auto made = run_built_in(as_bytes(child), step, fault);
      ASSERT_TRUE(made.ok()) << fault.message;
      child = std::move(made.value());
    }
    const std::string number = std::to_string(cases_.size());
    const std::string first = folder_ / (number + ".parent.onnx");
    const std::string second = folder_ / (number + ".child.onnx");
    std::ofstream(first, std::ios::binary) << parent;
    std::ofstream(second, std::ios::binary) << child;
    ratio_ = static_cast<double>(child.size()) / static_cast<double>(parent.size());
    cases_.push_back({{"parent", first}, {"child", second}, {"runs", runs}, {"inputs", inputs}});
  }

  /// Runs all cases; their outcomes in order.
  Json outcomes() {
    std::ofstream(folder_ / "cases.json") << cases_.dump();
    const std::string command = "node " FLOTILLA_SOURCE_ROOT "/tests/support/compare_onnx.mjs '" +
                                package_folder() + "' < " + (folder_ / "cases.json").string() +
                                " > " + (folder_ / "out.json").string() + " 2> " +
                                (folder_ / "log").string();
    EXPECT_EQ(system(command.c_str()), 0) << read_all(folder_ / "log");
    Json out = Json::parse(read_all(folder_ / "out.json"), nullptr, false);
    EXPECT_EQ(out.size(), cases_.size());
    return out;
  }

  fs::path folder_;
  Json cases_ = Json::array();
  double ratio_ = 0;  ///< child by parent, in bytes, of the newest case
};

std::string noise(Prng& random, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(static_cast<double>(random.next() >> 11) * 0x1p-53 - 0.5);
    out += little(std::bit_cast<uint32_t>(value), 4);
  }
  return out;
}

std::string number_attribute(const std::string& name, uint64_t value) {
  return proto_bytes(1, name) + proto_number(3, value) + proto_number(20, 2);
}

/// "perm": 1, 0
const std::string kPerm =
    proto_bytes(1, "perm") + proto_number(8, 1) + proto_number(8, 0) + proto_number(20, 7);

std::string model_of(const std::vector<std::string>& nodes,
                     const std::vector<std::string>& initialisers,
                     const std::vector<int64_t>& input, const std::vector<int64_t>& output,
                     int input_type = kFloat) {
  return onnx_file(onnx_graph(nodes, initialisers) +
                   proto_bytes(11, onnx_value("x", input_type, input)) +
                   proto_bytes(12, onnx_value("y", kFloat, output)));
}

const Json kInput8x64 = {{"x", {{"shape", {8, 64}}, {"low", -1}, {"high", 1}}}};

TEST_F(OnnxRuntime, EveryKindOfWeightAgrees) {
  Prng random(7);
  const auto weight = [&random](const std::vector<uint64_t>& dims) {
    size_t count = 1;
    for (const uint64_t length : dims) count *= length;
    return onnx_tensor("w", kFloat, dims, noise(random, count));
  };
  const Json image = {{"x", {{"shape", {1, 8, 9, 9}}, {"low", -1}, {"high", 1}}}};
  const Json sequence = {{"x", {{"shape", {5, 1, 16}}, {"low", -1}, {"high", 1}}}};
  const Json words = {{"x", {{"shape", {1, 6}}, {"low", 0}, {"high", 64}}}};
  const std::vector<std::string> steps = {"quantise:int8"};
  add(model_of({onnx_node("MatMul", {"x", "w"}, "y")}, {weight({64, 32})}, {8, 64}, {8, 32}), steps,
      kInput8x64);
  add(model_of({onnx_node("Gemm", {"x", "w"}, "y", {number_attribute("transB", 1)})},
               {weight({32, 64})}, {8, 64}, {8, 32}),
      steps, kInput8x64);
  add(model_of({onnx_node("Transpose", {"w"}, "t", {kPerm}), onnx_node("MatMul", {"x", "t"}, "y")},
               {weight({32, 64})}, {8, 64}, {8, 32}),
      steps, kInput8x64);
  add(model_of({onnx_node("Conv", {"x", "w"}, "y")}, {weight({16, 8, 3, 3})}, {1, 8, 9, 9},
               {1, 16, 7, 7}),
      steps, image);
  add(model_of({onnx_node("ConvTranspose", {"x", "w"}, "y", {number_attribute("group", 2)})},
               {weight({8, 6, 3, 3})}, {1, 8, 9, 9}, {1, 12, 11, 11}),
      steps, image);
  add(model_of({onnx_node("LSTM", {"x", "w", "r"}, "y", {number_attribute("hidden_size", 12)})},
               {weight({1, 48, 16}), onnx_tensor("r", kFloat, {1, 48, 12}, noise(random, 576))},
               {5, 1, 16}, {5, 1, 1, 12}),
      steps, sequence);
  add(model_of({onnx_node("Gather", {"w", "x"}, "y")}, {weight({64, 32})}, {1, 6}, {1, 6, 32}, 7),
      steps, words);
  for (const Json& outcome : outcomes()) {
    EXPECT_GT(outcome["y"]["max_abs"], 0.0) << "nothing was quantised";
    EXPECT_LT(outcome["y"]["relative"], 0.01) << outcome;
  }
}

TEST_F(OnnxRuntime, PrunedModelIsExactlyTheModelWithZeros) {
  Prng random(8);
  const std::string raw = noise(random, 2048);
  const auto file = [](const std::string& values) {
    return model_of({onnx_node("MatMul", {"x", "w"}, "y")},
                    {onnx_tensor("w", kFloat, {64, 32}, values)}, {8, 64}, {8, 32});
  };
  add(file(raw), {"prune:0.1"}, kInput8x64);
  add(file(raw), {"prune:0.9"}, kInput8x64);
  const Json out = outcomes();
  ASSERT_EQ(out.size(), 2u);
  // Uniform weights: the smallest tenth has 0.1^3 of the sum of squares, nine tenths 0.9^3.
  EXPECT_NEAR(out[0]["y"]["relative"], std::sqrt(0.001), 0.01);
  EXPECT_NEAR(out[1]["y"]["relative"], std::sqrt(0.729), 0.05);
}

struct Published {
  const char* pair;
  const char* side;
  Json inputs;
  const char* output;
  double tolerance;  ///< declared for this output: absolute
};

class PublishedOnnx : public OnnxRuntime {};

TEST_F(PublishedOnnx, AgreesWithItsParentWithinTheDeclaredTolerance) {
  const char* pairs = getenv("FLOTILLA_PAIRS");
  if (pairs == nullptr) GTEST_SKIP() << "FLOTILLA_PAIRS is not set";
  const Json voice = {{"input", {{"shape", {1, 512}}, {"low", -0.5}, {"high", 0.5}}},
                      {"state", {{"shape", {2, 1, 128}}, {"low", -0.5}, {"high", 0.5}}},
                      {"sr", {{"shape", Json::array()}, {"value", 16000}}}};
  const Json wake = {{"onnx::Flatten_0", {{"shape", {1, 28, 96}}, {"low", -1}, {"high", 1}}}};
  const std::vector<Published> models = {{"onnx_silero_v5_v6", "old", voice, "output", 0.1},
                                         {"onnx_wake_need_lookdeep", "new", wake, "39", 0.02}};
  std::vector<double> ratios;
  std::vector<const Published*> run;
  for (const Published& model : models) {
    const fs::path file = fs::path(pairs) / (std::string(model.pair) + "." + model.side);
    if (!fs::exists(file)) continue;
    add(read_all(file), {"quantise:int8"}, model.inputs, 32);
    ratios.push_back(ratio_);
    run.push_back(&model);
  }
  ASSERT_FALSE(run.empty()) << "no models in " << pairs;
  const Json out = outcomes();
  for (size_t i = 0; i < out.size(); ++i) {
    for (const auto& [name, found] : out[i].items()) {
      std::printf("%s, output %s: size %.3f, max abs error %.5f of %.3f, relative %.5f\n",
                  run[i]->pair, name.c_str(), ratios[i], found["max_abs"].get<double>(),
                  found["max_value"].get<double>(), found["relative"].get<double>());
      EXPECT_LT(found["relative"].get<double>(), 0.15) << run[i]->pair;
    }
    EXPECT_LE(out[i][run[i]->output]["max_abs"].get<double>(), run[i]->tolerance);
    EXPECT_LT(ratios[i], 0.5) << run[i]->pair;
  }
}

}  // namespace
}  // namespace flotilla::controller::test
