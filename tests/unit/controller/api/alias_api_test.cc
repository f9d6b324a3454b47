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

  void push(const std::string& label) {
    json variants = json::array();
    for (const char* name : {"cam", "npu"}) {
      variants.push_back({{"hardware_class", name},
                          {"image", world.store_artifact(std::string("image ") + name + label)}});
    }
    world.expect(201, world.send("POST", "/api/v1/models/pose/versions",
                                 {{"label", label}, {"variants", variants}}));
  }

  controller::api::Response set(const std::string& alias, const json& body,
                                const std::string& by = "admin") {
    return world.send("PUT", "/api/v1/models/pose/aliases/" + alias, body, by);
  }

  controller::api::Response start(const json& classes) {
    json body = {{"model", "pose"}, {"version", "@candidate"}};
    if (!classes.empty()) body["hardware_classes"] = classes;
    return world.send("POST", "/api/v1/rollouts", body);
  }

  ApiWorld world;
};

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
  const json denied = world.expect(403, set("candidate", {{"version", 1}}, "olga"))["error"];
  EXPECT_EQ(denied["code"], "alias_protected");
  world.grant("otto", {{Role::kOperator, {"pose", "", "", "candidate"}}});
  world.expect(200, set("candidate", {{"version", 1}}, "otto"));
}

}  // namespace
}  // namespace flotilla::testing
