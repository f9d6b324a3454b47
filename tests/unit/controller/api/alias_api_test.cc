#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

using controller::Role;
using nlohmann::json;

class AliasApi : public ::testing::Test {
 protected:
  AliasApi() {
    for (const char* name : {"cam", "npu"}) world.define_class(name);
    world.enrol("d1", "cam");
    world.enrol("d2", "npu");
    for (const char* label : {"1.0", "2.0"}) push(label);
  }

  void push(const std::string& label, const std::string& golden = "") {
    json variants = json::array();
    for (const char* name : {"cam", "npu"}) {
      variants.push_back({{"hardware_class", name},
                          {"image", world.store_artifact(std::string("image ") + name + label)}});
      if (!golden.empty()) variants.back()["golden"] = golden;
    }
    world.expect(201, world.send("POST", "/api/v1/models/pose/versions",
                                 {{"label", label}, {"variants", variants}}));
  }

  controller::api::Response set(const std::string& alias, const json& body,
                                const std::string& by = "admin") {
    return world.send("PUT", "/api/v1/models/pose/aliases/" + alias, body, by);
  }

  /// The device runs version 3 and computed its golden vectors.
  void attest(const std::string& device, const std::string& on) {
    const controller::Variant* variant = nullptr;
    for (const auto& known : world.plane.models().at("pose").at(3).variants) {
      if (known.hardware_class == on) variant = &known;
    }
    controller::StateReported event;
    event.device = device;
    event.report.device = DeviceId(device);
    event.report.hardware_class = Name(on);
    event.report.order = {1, 1, 1};
    ModelState model;
    model.model = Name("pose");
    model.active_digest = variant->image_digest;
    model.state = UpdateState::kConfirmed;
    ASSERT_TRUE(event.report.models.push_back(model));
    event.attestations["pose"] = "signed";
    event.confirmed["pose"] = {variant->release_digest, variant->golden_digest, {}};
    world.plane.step(event, {"controller", "controller"}, world.now);
  }

  controller::api::Response start(const json& classes) {
    json body = {{"model", "pose"}, {"version", "@candidate"}};
    if (!classes.empty()) body["hardware_classes"] = classes;
    return world.send("POST", "/api/v1/rollouts", body);
  }

  ApiWorld world;
};

TEST_F(AliasApi, MovesTheClassesOnWhichItNamesTheVersion) {
  world.expect(200, set("candidate", {{"version", "2.0"}, {"hardware_class", "npu"}}));
  const json rollout = world.expect(201, start({}));
  const json shown =
      world.expect(200, world.send("GET", "/api/v1/rollouts/" + rollout["id"].dump()));
  ASSERT_EQ(shown["classes"].size(), 1u) << shown;
  EXPECT_EQ(shown["classes"][0]["hardware_class"], "npu");
}

TEST_F(AliasApi, StandsWhereAVersionStands) {
  world.expect(200, set("candidate", {{"version", "1.0"}}));
  const json shown =
      world.expect(200, world.send("GET", "/api/v1/models/pose/versions/@candidate"));
  EXPECT_EQ(shown["version"], 1);
  EXPECT_EQ(shown["variants"][0]["aliases"], json::array({"candidate"}));
  EXPECT_EQ(world.expect(201, start({}))["version"], 1);
}

TEST_F(AliasApi, ThatDiffersBetweenClassesNeedsAClass) {
  world.expect(200, set("candidate", {{"version", "1.0"}}));
  world.expect(200, set("candidate", {{"version", "2.0"}, {"hardware_class", "npu"}}));
  world.expect_problem(404, world.send("GET", "/api/v1/models/pose/versions/@candidate"));
  const std::string text = world.expect_problem(409, start({}));
  EXPECT_NE(text.find("1 on every other class"), std::string::npos) << text;
  EXPECT_NE(text.find("2 on class npu"), std::string::npos) << text;
  world.expect_problem(409, start({"cam", "npu"}));
  EXPECT_EQ(world.expect(201, start({"npu"}))["version"], 2);
  EXPECT_EQ(world.expect(201, start({"cam"}))["version"], 1);
}

TEST_F(AliasApi, IsListedMovedAndRemoved) {
  world.expect(200, set("candidate", {{"version", 1}}));
  world.expect(200, set("candidate", {{"version", 2}, {"hardware_class", "npu"}}));
  const json list = world.expect(200, world.send("GET", "/api/v1/models/pose/aliases"))["aliases"];
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["version"], 1);
  EXPECT_EQ(list[0]["classes"], (json{{"npu", 2}}));
  EXPECT_EQ(list[0]["moved_by"], "admin-token");
  world.expect(200, world.send("DELETE", "/api/v1/models/pose/aliases/candidate"));
  world.expect_problem(404, world.send("DELETE", "/api/v1/models/pose/aliases/candidate"));
  const std::string gone = world.expect_problem(404, start({}));
  EXPECT_NE(gone.find("has no alias 'candidate'"), std::string::npos) << gone;
}

TEST_F(AliasApi, AChampionNeedsGoldenVectorsAndAProtectedOneAGrant) {
  const json error = world.expect(409, set("champion", {{"version", 1}}))["error"];
  EXPECT_EQ(error["code"], "golden_missing");
  world.expect(200, world.send("PUT", "/api/v1/policies",
                               {{"policy", {{"protected_aliases", {"candidate"}}}}}));
  world.grant("olga", {{Role::kOperator, {}}});
  std::string digest = world.store_artifact("golden");
  push("3.0", digest);
  const json unproven = world.expect(409, set("champion", {{"version", "3.0"}}))["error"];
  EXPECT_EQ(unproven["code"], "golden_unproven");
  EXPECT_EQ(unproven["message"],
            "no device of class cam has attested golden vectors of pose 3, which champion needs");
  EXPECT_NE(unproven["remedy"].get<std::string>().find("canary"), std::string::npos);
  attest("d1", "cam");
  world.expect(200, set("champion", {{"version", "3.0"}, {"hardware_class", "cam"}}));
  EXPECT_EQ(world.expect(409, set("champion", {{"version", "3.0"}}))["error"]["code"],
            "golden_unproven")
      << "npu";

  const json denied = world.expect(403, set("candidate", {{"version", 1}}, "olga"))["error"];
  EXPECT_EQ(denied["code"], "alias_protected");
  world.grant("otto", {{Role::kOperator, {"pose", "", "", "candidate"}}});
  world.expect(200, set("candidate", {{"version", 1}}, "otto"));
}

}  // namespace
}  // namespace flotilla::testing
