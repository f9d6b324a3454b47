#include <gtest/gtest.h>

#include "controller/api/fit/fit_check.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

namespace api = controller::api;

TEST(CompareVersions, PartsAreNumbersWhereTheyAre) {
  EXPECT_LT(api::compare_versions("1.9", "1.16"), 0);
  EXPECT_EQ(api::compare_versions("1.16.0", "1.16"), 0);
  EXPECT_EQ(api::compare_versions("1.016", "1.16"), 0);
  EXPECT_GT(api::compare_versions("2", "1.99.99"), 0);
  EXPECT_LT(api::compare_versions("1.2.rc1", "1.2.rc2"), 0);
  EXPECT_EQ(api::compare_versions("", ""), 0);
}

class FitApi : public ::testing::Test {
 protected:
  void set_class(const nlohmann::json& members) {
    const auto response = world.send("PUT", "/api/v1/classes/cam", members);
    EXPECT_LT(response.status, 300) << response.body;
  }

  void push(const nlohmann::json& block, const std::string& runtime = "") {
    nlohmann::json variant = {
        {"hardware_class", "cam"}, {"image", world.store_artifact("image")}, {"runtime", runtime}};
    nlohmann::json body = {{"variants", {variant}}, {"label", "1.0"}};
    if (!block.is_null()) {
      nlohmann::json own = block;
      own["hardware_class"] = "cam";
      body["document"] = {{"variants", {own}}};
    }
    world.expect(201, world.send("POST", "/api/v1/models/pose/versions", body));
  }

  /// "needs / has: verdict" of one check.
  std::string check(const std::string& name) {
    const auto fit = world.expect(200, world.send("GET", "/api/v1/models/pose/versions/1.0/fit"));
    for (const auto& one : fit["classes"][0]["checks"]) {
      if (one["check"] != name) continue;
      return one["needs"].get<std::string>() + " / " + one["has"].get<std::string>() + ": " +
             one["verdict"].get<std::string>();
    }
    return "no such check";
  }

  controller::api::Response start() {
    return world.send("POST", "/api/v1/rollouts", {{"model", "pose"}, {"version", "1.0"}});
  }

  ApiWorld world;
};

TEST_F(FitApi, RamIsHeldAgainstTheClass) {
  set_class({{"ram", 1 << 20}});
  push({{"requires", {{"ram_bytes", 2 << 20}}}});
  EXPECT_EQ(check("ram"), "2097152 bytes / 1048576 bytes: does not fit");
  const std::string told = world.expect_problem(409, start());
  EXPECT_NE(told.find("version 1 of pose does not fit class cam: ram: it needs 2097152 bytes "
                      "(document, requires), the class has 1048576 bytes"),
            std::string::npos)
      << told;
  EXPECT_TRUE(world.plane.rollouts().empty());
  set_class({{"ram", 4 << 20}});
  EXPECT_EQ(check("ram"), "2097152 bytes / 4194304 bytes: fits");
}

TEST_F(FitApi, MeasuredRamCountsWhenNothingElseIsStated) {
  set_class({{"ram", 1 << 20}});
  push({{"measured", {{"ram_peak", {{"value", 1.5}, {"unit", "MiB"}, {"method", "rss"}}}}}});
  EXPECT_EQ(check("ram"), "1572864 bytes / 1048576 bytes: does not fit");
}

TEST_F(FitApi, RuntimesAreComparedByNameAndVersion) {
  set_class({{"runtime", "onnxruntime"}, {"runtime_version", "1.9.2"}});
  push({{"runtime", {{"name", "onnxruntime"}, {"min_version", "1.16"}}}});
  EXPECT_EQ(check("runtime"), "onnxruntime >= 1.16 / onnxruntime 1.9.2: does not fit");
  EXPECT_NE(world.expect_problem(409, start()).find("the class has onnxruntime 1.9.2"),
            std::string::npos);
  set_class({{"runtime_version", "1.16.3"}});
  EXPECT_EQ(check("runtime"), "onnxruntime >= 1.16 / onnxruntime 1.16.3: fits");
  set_class({{"runtime", "tflite"}});
  EXPECT_EQ(check("runtime"), "onnxruntime >= 1.16 / tflite 1.16.3: does not fit");
}

TEST_F(FitApi, TheRequirementOfThePushCountsWithoutADocument) {
  set_class({{"runtime", "onnx"}, {"runtime_version", "1.15"}});
  push({}, "onnx>=1.16");
  EXPECT_EQ(check("runtime"), "onnx >= 1.16 / onnx 1.15: does not fit");
}

TEST_F(FitApi, AcceleratorsMustBeTheSame) {
  set_class({{"accelerator", "npu"}, {"accelerator_generation", "2"}});
  push({{"accelerator", {{"kind", "npu"}, {"generation", "3"}}}});
  EXPECT_EQ(check("accelerator"), "npu 3 / npu 2: does not fit");
  set_class({{"accelerator_generation", "3"}});
  EXPECT_EQ(check("accelerator"), "npu 3 / npu 3: fits");
}

TEST_F(FitApi, WhatNobodyStatesIsUnknownAndDoesNotStopARollout) {
  set_class(nlohmann::json::object());
  push({});
  EXPECT_EQ(check("ram"), " / : unknown");
  EXPECT_EQ(check("runtime"), " / : unknown");
  EXPECT_EQ(check("accelerator"), " / : unknown");
  EXPECT_NE(check("slot").find("fits"), std::string::npos);
  EXPECT_NE(check("decoder memory").find("fits"), std::string::npos);
  const auto response = start();
  EXPECT_EQ(response.body.find("does not fit"), std::string::npos) << response.body;
}

TEST_F(FitApi, ASlotThatBecameTooSmallIsNoticed) {
  set_class(nlohmann::json::object());
  nlohmann::json variant = {{"hardware_class", "cam"},
                            {"image", world.store_artifact(std::string(5000, 'x'))}};
  world.expect(201, world.send("POST", "/api/v1/models/pose/versions",
                               {{"label", "1.0"}, {"variants", {variant}}}));
  set_class({{"slot_size", 4096}});
  EXPECT_EQ(check("slot"), "5000 bytes / 4096 bytes: does not fit");
  EXPECT_NE(world.expect_problem(409, start()).find("needs 5000 bytes (image)"), std::string::npos);
}

TEST_F(FitApi, OneClassAndWhatIsNotThere) {
  set_class(nlohmann::json::object());
  push({});
  const std::string path = "/api/v1/models/pose/versions/1.0/fit";
  EXPECT_EQ(world.expect(200, world.send("GET", path + "?class=cam"))["classes"].size(), 1u);
  world.expect_problem(404, world.send("GET", path + "?class=mic"));
  world.expect_problem(404, world.send("GET", "/api/v1/models/pose/versions/7/fit"));
}

}  // namespace
}  // namespace flotilla::testing
