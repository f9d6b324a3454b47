// Optimised versions over the API; the steps are done at once.

#include <gtest/gtest.h>

#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/built_in.h"
#include "tests/support/model_files.h"
#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/api/fake_inspector.h"

namespace flotilla::testing {
namespace {

using controller::api::OptimiseOrder;
using controller::api::OptimiseState;
using controller::api::StepRecord;

/// Does built-in steps; what a command makes is `engine`.
class FakeOptimiser final : public controller::api::ModelOptimiser {
 public:
  explicit FakeOptimiser(FakeArtifacts& artifacts) : artifacts_(artifacts) {}

  OptimiseState ask(const OptimiseOrder& order) override {
    orders.push_back(order);
    OptimiseState state;
    state.progress = {"prune", 0, 2};
    state.failure = failure;
    if (working || !failure.ok()) return state;
    auto image = std::make_shared<controller::api::OptimisedImage>();
    Digest at = order.image;
    for (const controller::OptimiseStep& step : order.steps) {
      StepRecord record;
      record.step = step;
      record.input = at;
      controller::OptimiseFault fault;
      if (!take(artifacts_.files.at(at), record, fault)) {
        image->fault = fault;
        break;
      }
      at = record.output;
      image->records.push_back(record);
    }
    state.image = std::move(image);
    return state;
  }

  bool working = false;
  Status failure;
  std::string engine = "an engine";
  std::vector<OptimiseOrder> orders;

 private:
  bool take(const std::string& input, StepRecord& record, controller::OptimiseFault& fault) {
    std::string made = engine;
    record.tool = "some compiler";
    if (record.step.is_built_in()) {
      auto file = controller::run_built_in(as_bytes(input), record.step, fault);
      if (!file.ok()) return false;
      made = file.value();
      record.tool = controller::kBuiltInTool;
      record.version = controller::kBuiltInVersion;
    }
    const std::atomic<bool> cancel = false;
    controller::InspectFault wrong;
    const auto facts = controller::inspect_model(as_bytes(made), {cancel, {}}, &wrong);
    controller::api::take_measured(facts.value().weights, record);
    record.output = artifacts_.put(made);
    record.output_size = made.size();
    return true;
  }

  FakeArtifacts& artifacts_;
};

class OptimiseApi : public ::testing::Test {
 protected:
  OptimiseApi() {
    world.around.optimiser = &optimiser;
    world.around.inspector = &inspector;
    world.api = std::make_unique<controller::api::Api>(world.around);
    world.define_class("float");
    world.define_class("cam");
    const nlohmann::json document = {{"identity", {{"licence", "MIT"}}},
                                     {"evaluation", {{{"name", "f1"}, {"value", 0.9}}}},
                                     {"optimisation", {{{"op", "distil"}, {"tool", "teacher"}}}}};
    push("1.0", document);
  }

  void push(const std::string& label, const nlohmann::json& document) {
    const nlohmann::json variant = {{"hardware_class", "float"},
                                    {"image", world.store_artifact(model())},
                                    {"golden", world.store_artifact("golden")},
                                    {"runtime", "onnx"},
                                    {"security_counter", 5}};
    world.expect(201, world.send("POST", kPath,
                                 {{"label", label},
                                  {"document", document},
                                  {"variants", nlohmann::json::array({variant})}}));
  }

  static std::string model() {
    return controller::test::safetensors_file(
        R"({"w":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]}})",
        controller::test::floats(512));
  }

  controller::api::Response optimise(nlohmann::json body, const std::string& version = "1.0",
                                     const std::string& role = "publisher") {
    if (!body.contains("hardware_class")) body["hardware_class"] = "cam";
    return world.send("POST", kPath + ("/" + version) + "/optimise", body, role);
  }
  controller::api::Response reproduce(const std::string& version) {
    return world.send("POST", kPath + ("/" + version) + "/reproduce", {{"run", "1"}}, "publisher");
  }
  void expect_refused(int status, const nlohmann::json& body, const std::string& word) {
    const std::string text = world.expect_problem(status, optimise(body));
    EXPECT_NE(text.find(word), std::string::npos) << text;
    EXPECT_EQ(world.plane.models().at("pose").size(), 1u);
  }
  static nlohmann::json steps(const std::vector<std::string>& texts) { return {{"steps", texts}}; }

  static constexpr const char* kPath = "/api/v1/models/pose/versions";
  const nlohmann::json both_ = steps({"prune:0.5", "quantise:int8"});
  ApiWorld world;
  FakeInspector inspector{world.artifacts};
  FakeOptimiser optimiser{world.artifacts};
};

TEST_F(OptimiseApi, RegistersAVersionWithItsChain) {
  nlohmann::json body = both_;
  body["keep_golden"] = true;
  body["tolerance"] = 0.02;
  const auto answer = world.expect(201, optimise(body));
  EXPECT_EQ(answer["version"], 2);
  EXPECT_EQ(answer["label"], "1.0-opt");
  const auto& variant = answer["variants"][0];
  EXPECT_EQ(variant["hardware_class"], "cam");
  EXPECT_EQ(variant["security_counter"], 5);
  EXPECT_EQ(variant["runtime"], "onnx");
  EXPECT_EQ(variant["facts"]["dtype"], "int8");
  const auto document = nlohmann::json::parse(answer["document"].get<std::string>());
  EXPECT_EQ(document["identity"]["licence"], "MIT");
  EXPECT_FALSE(document.contains("evaluation")) << "figures of other weights";
  EXPECT_EQ(document["optimised_from"]["version"], 1);
  const auto& block = document["variants"][0];
  EXPECT_EQ(block["golden"]["tolerance"], 0.02);
  EXPECT_EQ(block["golden"]["digest"], variant["golden_digest"]);
  ASSERT_EQ(block["optimisation"].size(), 3u) << "what was done before is part of it";
  EXPECT_EQ(block["optimisation"][0]["op"], "distil");
  EXPECT_EQ(block["optimisation"][1]["parameters"]["step"], "prune:0.5");
  EXPECT_EQ(block["optimisation"][1]["measured_sparsity"], 0.5);
  EXPECT_EQ(block["optimisation"][2]["scheme"], "int8");
  EXPECT_EQ(block["optimisation"][2]["granularity"], "per channel");
  EXPECT_EQ(block["optimisation"][2]["output_digest"], variant["image_digest"]);
}

TEST_F(OptimiseApi, AnswersHowFarItIs) {
  optimiser.working = true;
  const auto answer = world.expect(202, optimise(both_));
  EXPECT_EQ(answer["step"], "prune");
  EXPECT_EQ(answer["total"], 2);
  EXPECT_EQ(world.plane.models().at("pose").size(), 1u);
}

TEST_F(OptimiseApi, CompiledArtifactsNameTheirInput) {
  const auto answer = world.expect(201, optimise(steps({"prune:0.5", "compile:tvm:-O2"})));
  EXPECT_EQ(answer["variants"][0]["facts"]["format"], "text");
  const auto document = nlohmann::json::parse(answer["document"].get<std::string>());
  const auto& chain = document["variants"][0]["optimisation"];
  EXPECT_EQ(chain[2]["op"], "compile");
  EXPECT_EQ(chain[2]["input_digest"], chain[1]["output_digest"]);
}

TEST_F(OptimiseApi, EachVersionIsMadeAnew) {
  nlohmann::json body = steps({"compile:tvm"});
  world.expect(201, optimise(body));
  body["label"] = "second";
  optimiser.engine = "a newer engine";
  world.expect(201, optimise(body));
  EXPECT_NE(optimiser.orders.front(), optimiser.orders.back()) << "the command may have changed";
}

TEST_F(OptimiseApi, ReproductionComparesEveryStep) {
  world.expect(201, optimise(steps({"prune:0.5", "compile:tvm"})));
  const auto same = world.expect(200, reproduce("1.0-opt"));
  EXPECT_EQ(same["same"], true);
  EXPECT_EQ(same["steps"].size(), 2u) << "steps that others did are not run again";
  EXPECT_NE(optimiser.orders.back().run, optimiser.orders.front().run) << "not from memory";
  optimiser.engine = "another engine";
  const auto differs = world.expect(200, reproduce("1.0-opt"));
  EXPECT_EQ(differs["same"], false);
  EXPECT_EQ(differs["differs_at"], 1);
  EXPECT_EQ(differs["steps"][0]["same"], true);
  EXPECT_EQ(differs["steps"][1]["step"], "compile:tvm");
}

TEST_F(OptimiseApi, WhatCannotBeReproducedSaysWhy) {
  EXPECT_NE(world.expect_problem(409, reproduce("1.0")).find("no optimisation chain"),
            std::string::npos);
  world.expect(201, optimise(both_));
  const Digest input = optimiser.orders.front().image;
  ASSERT_TRUE(world.artifacts.remove(input).ok());
  EXPECT_NE(world.expect_problem(409, reproduce("1.0-opt")).find("not stored any more"),
            std::string::npos);
}

TEST_F(OptimiseApi, WhatDoesNotFitIsNotRegistered) {
  world.expect(200, world.send("PUT", "/api/v1/classes/cam", {{"slot_size", 4096}}));
  optimiser.engine = std::string(5000, 'x');
  expect_refused(409, steps({"compile:tvm"}), "the optimised image");
}

TEST_F(OptimiseApi, RefusalsNameTheValueAndTheRemedy) {
  expect_refused(400, steps({}), "steps");
  expect_refused(400, steps({"prune:2"}), "the share of weights must be as 0.5");
  expect_refused(404, {{"steps", {"prune:0.5"}}, {"hardware_class", "tin"}}, "no class 'tin'");
  expect_refused(409, {{"steps", {"prune:0.5"}}, {"from", "cam"}}, "no variant for class cam");
  expect_refused(409, steps({"quantise:int8", "quantise:int8"}), "no float weights");
  expect_refused(400, {{"steps", {"prune:0.5"}}, {"tolerance", -1}}, "a number from 0 on");
  expect_refused(404, {{"steps", {"prune:0.5"}}, {"golden", std::string(64, '1')}},
                 "no stored artifact");
  expect_refused(409, {{"steps", {"prune:0.5"}}, {"label", "1.0"}}, "already");
  EXPECT_EQ(optimise(both_, "1.0", "viewer").status, 403);
  EXPECT_EQ(optimise(both_, "9.9").status, 404);
}

}  // namespace
}  // namespace flotilla::testing
