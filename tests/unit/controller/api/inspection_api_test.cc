#include <gtest/gtest.h>

#include "tests/support/model_files.h"
#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/api/fake_inspector.h"

namespace flotilla::testing {
namespace {

namespace files = controller::test;

class InspectionApi : public ::testing::Test {
 protected:
  void SetUp() override {
    world.define_class("cam");
    world.around.inspector = &inspector;
    world.api = std::make_unique<controller::api::Api>(world.around);
  }

  /// Two int8 weights matrices and a float one; half of the int8 weights are zero.
  static std::string model() {
    const std::string half = std::string("\0\x01\0\x01", 4);
    return files::onnx_file(
        files::onnx_graph(
            {files::onnx_node("Conv", {"x", "a"}, "y")},
            {files::onnx_tensor("a", 3, {2, 2}, half), files::onnx_tensor("b", 3, {2, 2}, half),
             files::onnx_tensor("c", 1, {1, 1}, files::floats(1)),
             files::onnx_tensor("a_scale", 1, {}, files::floats(1))}) +
        files::proto_bytes(11, files::onnx_value("x", 1, {-1, 3})) +
        files::proto_bytes(12, files::onnx_value("y", 1, {1, 2})));
  }

  controller::api::Response push(const std::string& file, const nlohmann::json& document = {}) {
    nlohmann::json body = {
        {"variants", {{{"hardware_class", "cam"}, {"image", world.store_artifact(file)}}}}};
    if (!document.is_null()) body["document"] = document;
    return world.send("POST", "/api/v1/models/pose/versions", body);
  }

  /// Refused, with this text in the message.
  void contradicted(const nlohmann::json& variant, const std::string& text) {
    nlohmann::json block = variant;
    block["hardware_class"] = "cam";
    const std::string told = world.expect_problem(400, push(model(), {{"variants", {block}}}));
    EXPECT_NE(told.find(text), std::string::npos) << told;
    EXPECT_NE(told.find("(class cam)"), std::string::npos) << told;
    EXPECT_TRUE(world.plane.models().empty());
  }

  ApiWorld world;
  FakeInspector inspector{world.artifacts};
};

TEST_F(InspectionApi, AVersionKeepsWhatWasMeasured) {
  const auto version = world.expect(201, push(model()));
  const auto& facts = version["variants"][0]["facts"];
  EXPECT_EQ(facts["format"], "onnx");
  EXPECT_EQ(facts["dtype"], "int8");
  EXPECT_EQ(facts["weight_tensors"], 3);
  EXPECT_EQ(facts["sparsity"], 0.444444);
  EXPECT_EQ(facts["operators"], nlohmann::json({{"Conv", 1}}));
  const auto shown = world.expect(200, world.send("GET", "/api/v1/models/pose/versions/1"));
  EXPECT_EQ(shown["variants"][0]["facts"], facts);
  const std::string path = "/api/v1/models/pose/versions/1/facts/";
  const auto whole = world.expect(200, world.send("GET", path + "cam"));
  EXPECT_EQ(whole["tensors"].size(), 4u);
  EXPECT_EQ(whole["inputs"][0]["shape"], nlohmann::json({nullptr, 3}));
  world.expect_problem(404, world.send("GET", path + "mic"));
  world.expect_problem(404, world.send("GET", "/api/v1/models/pose/versions/9/facts/cam"));
  world.artifacts.files.clear();
  const std::string lost = world.expect_problem(404, world.send("GET", path + "cam"));
  EXPECT_NE(lost.find("lost"), std::string::npos) << lost;
}

TEST_F(InspectionApi, AnImageUnderWayIsAskedForAgain) {
  inspector.is_busy = true;
  const auto response = push(model());
  EXPECT_TRUE(response.is_soon_done);
  EXPECT_EQ(world.expect(202, response)["hardware_class"], "cam");
  EXPECT_TRUE(world.plane.models().empty());
  inspector.is_busy = false;
  world.expect(201, push(model()));
  inspector.failure = {Code::kUnavailable, "there is too much to do"};
  world.expect_problem(503, push(model() + "x"));
}

TEST_F(InspectionApi, BrokenFilesAreRefusedAsTheirFormat) {
  const std::string file = model();
  const std::string told = world.expect_problem(400, push(file.substr(0, file.size() / 2)));
  EXPECT_NE(told.find("image for cam: onnx, byte "), std::string::npos) << told;
  EXPECT_NE(world.expect_problem(400, push("FLDT\x01\x02")).find("delta"), std::string::npos);
  EXPECT_TRUE(world.plane.models().empty());
}

TEST_F(InspectionApi, UnknownFilesAreOpaque) {
  const auto bytes = world.expect(201, push(std::string("\x01\0\x02", 3)));
  EXPECT_EQ(bytes["variants"][0]["facts"]["format"], "opaque");
  EXPECT_TRUE(bytes["variants"][0]["facts"]["dtype"].is_null());
  EXPECT_EQ(world.expect(201, push("a tree"))["variants"][0]["facts"]["format"], "text");
}

TEST_F(InspectionApi, ContradictionsAreRefusedWithBothValues) {
  contradicted({{"format", "tflite"}}, "declared tflite, the file is onnx");
  contradicted(
      {{"weights", {{"dtype", "float32"}}}},
      "document.variants[0].weights.dtype: declared float32, 2 of 3 weight tensors are int8");
  contradicted({{"weights", {{"parameters", 1000}}}}, "declared 1000 parameters, the file has 10");
  contradicted({{"weights", {{"sparsity", 0.9}}}},
               "declared sparsity 0.9, measured 0.4444: 4 of 9");
  contradicted({{"inputs", {{{"name", "image"}}}}}, "declared \"image\", the file has \"x\"");
  contradicted({{"inputs", nlohmann::json::array()}}, "declared 0 inputs, the file has 1");
  contradicted({{"outputs", {{{"dtype", "int8"}}}}}, "declared int8, the file has float32");
  contradicted({{"outputs", {{{"shape", {1, 3}}}}}}, "declared shape [1,3], the file has [1,2]");
  contradicted({{"files", {{{"size", 7}}}}}, "declared 7 bytes");
  contradicted({{"files", {{{"digest", std::string(64, 'a')}}}}}, "the pushed file has");
}

TEST_F(InspectionApi, TheTaskSpeaksForVariantsThatSayNothing) {
  const nlohmann::json task = {{"inputs", {{{"name", "image"}}}}};
  const std::string told = world.expect_problem(400, push(model(), {{"task", task}}));
  EXPECT_NE(told.find("document.task.inputs[0]"), std::string::npos) << told;
  const nlohmann::json own = {{"hardware_class", "cam"}, {"inputs", {{{"name", "x"}}}}};
  world.expect(201, push(model(), {{"task", task}, {"variants", {own}}}));
}

TEST_F(InspectionApi, WhatAgreesIsRegistered) {
  const nlohmann::json block = {
      {"hardware_class", "cam"},
      {"format", "onnx"},
      {"weights", {{"dtype", "int8"}, {"sparsity", 0.45}, {"parameters", 10}}},
      {"inputs", {{{"name", "x"}, {"dtype", "float32"}, {"shape", {8, 3}}}}},
      {"outputs", {{{"name", "y"}, {"shape", {-1, 2}}}}}};
  const nlohmann::json other = {{"hardware_class", "mic"}, {"format", "tflite"}};
  world.expect(201, push(model(), {{"variants", {other, block}}}));
}

TEST_F(InspectionApi, WithoutAnInspectorThereAreNoFacts) {
  world.around.inspector = nullptr;
  world.api = std::make_unique<controller::api::Api>(world.around);
  EXPECT_TRUE(world.expect(201, push(model()))["variants"][0]["facts"].is_null());
  const std::string told =
      world.expect_problem(409, world.send("GET", "/api/v1/models/pose/versions/1/facts/cam"));
  EXPECT_NE(told.find("was not inspected"), std::string::npos) << told;
}

TEST_F(InspectionApi, UploadsAreInspectedAhead) {
  controller::api::Request request;
  request.method = "POST";
  request.path = "/api/v1/artifacts";
  request.authorization = "Bearer " + world.tokens["publisher"];
  const Digest digest = world.artifacts.put(model());
  request.upload = controller::api::Upload{digest, kMaxGolden};
  world.expect(201, world.send(request));
  EXPECT_TRUE(inspector.asked.empty()) << "golden vectors are not";
  request.upload = controller::api::Upload{digest, kMaxGolden + 1};
  world.expect(201, world.send(request));
  EXPECT_TRUE(inspector.asked.contains(digest));
}

}  // namespace
}  // namespace flotilla::testing
