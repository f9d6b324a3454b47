#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

using controller::Role;
using nlohmann::json;

TEST(TokenApi, ATokenHoldsSeveralGrantsOfOneIdentity) {
  ApiWorld world;
  const json made = world.expect(
      201, world.send("POST", "/api/v1/tokens",
                      {{"name", "laptop"},
                       {"identity", "olga"},
                       {"grants",
                        {{{"role", "operator"}, {"model", "pose*"}, {"hardware_class", "cam"}},
                         {{"role", "viewer"}}}},
                       {"expires_s", 3600}}));
  world.tokens["new"] = made["token"];
  const json me = world.expect(200, world.send("GET", "/api/v1/whoami", {}, "new"));
  EXPECT_EQ(me["identity"], "olga");
  ASSERT_EQ(me["grants"].size(), 2u);
  EXPECT_EQ(me["grants"][0], (json{{"role", "operator"},
                                   {"model", "pose*"},
                                   {"hardware_class", "cam"},
                                   {"site", "*"},
                                   {"alias", "*"}}));
  const json may = me["permissions"];
  EXPECT_NE(std::find(may.begin(), may.end(), "rollout.operate"), may.end());
  EXPECT_EQ(std::find(may.begin(), may.end(), "token.manage"), may.end());
  EXPECT_FALSE(me["expires"].is_null());
}

TEST(TokenApi, AnExpiredTokenOpensNothing) {
  ApiWorld world;
  const json made =
      world.expect(201, world.send("POST", "/api/v1/tokens",
                                   {{"name", "ci"}, {"role", "viewer"}, {"expires_s", 60}}));
  world.tokens["new"] = made["token"];
  world.expect(200, world.send("GET", "/api/v1/status", {}, "new"));
  world.now = world.now + seconds(60);
  const std::string text =
      world.expect_problem(401, world.send("GET", "/api/v1/status", {}, "new"));
  EXPECT_NE(text.find("token 'ci' expired"), std::string::npos) << text;
}

TEST(TokenApi, ARevokedTokenOpensNothing) {
  ApiWorld world;
  const json made =
      world.expect(201, world.send("POST", "/api/v1/tokens", {{"name", "ci"}, {"role", "viewer"}}));
  world.tokens["new"] = made["token"];
  const std::string path = "/api/v1/tokens/" + made["id"].get<std::string>();
  EXPECT_EQ(world.expect(200, world.send("GET", path))["name"], "ci");
  world.expect(200, world.send("DELETE", path));
  world.expect_problem(401, world.send("GET", "/api/v1/status", {}, "new"));
  world.expect_problem(404, world.send("DELETE", path));
}

TEST(TokenApi, UseIsShownToTheMinute) {
  ApiWorld world;
  world.grant("olga", {{Role::kViewer, {}}});
  const auto used = [&] {
    return world.expect(200, world.send("GET", "/api/v1/tokens/olgaxxxx"))["last_used"];
  };
  EXPECT_TRUE(used().is_null());
  world.send("GET", "/api/v1/status", {}, "olga");
  const json first = used();
  EXPECT_FALSE(first.is_null());
  world.now = world.now + seconds(30);
  world.send("GET", "/api/v1/status", {}, "olga");
  EXPECT_EQ(used(), first);
  world.now = world.now + seconds(31);
  world.send("GET", "/api/v1/status", {}, "olga");
  EXPECT_NE(used(), first);
}

TEST(TokenApi, ARefusalNamesTheRightAndWhoHasIt) {
  ApiWorld world;
  world.define_class("cam");
  world.push("pose", "cam", "1.0");
  world.grant("olga", {{Role::kOperator, {"pose", "", "", ""}}});
  world.grant("ci", {{Role::kPublisher, {}}});
  const auto response =
      world.send("POST", "/api/v1/rollouts",
                 {{"model", "pose"}, {"version", 1}, {"hardware_classes", {"cam"}}}, "ci");
  const json error = world.expect(403, response)["error"];
  EXPECT_EQ(error["code"], "role_missing");
  world.grant("otto", {{Role::kOperator, {"grip", "", "", ""}}});
  const json scoped = world.expect(
      403, world.send("POST", "/api/v1/rollouts",
                      {{"model", "pose"}, {"version", 1}, {"hardware_classes", {"cam"}}},
                      "otto"))["error"];
  EXPECT_EQ(scoped["code"], "scope_missing");
  const json holders = scoped["held_by"];
  EXPECT_NE(std::find(holders.begin(), holders.end(), "olga"), holders.end()) << holders;
  EXPECT_EQ(std::find(holders.begin(), holders.end(), "otto"), holders.end()) << holders;
}

TEST(TokenApi, FaultsNameTheField) {
  ApiWorld world;
  const auto refused = [&](const json& body) {
    return world.expect_problem(400, world.send("POST", "/api/v1/tokens", body));
  };
  EXPECT_NE(refused({{"name", "x"}, {"grants", json::array()}}).find("grants"), std::string::npos);
  EXPECT_NE(refused({{"name", "x"}, {"grants", {{{"role", "boss"}}}}}).find("viewer, publisher"),
            std::string::npos);
  EXPECT_NE(refused({{"name", "x"}, {"grants", {{{"role", "viewer"}, {"model", "a*b"}}}}})
                .find("grants.model"),
            std::string::npos);
  EXPECT_NE(refused({{"name", "x"}, {"role", "viewer"}, {"expires_s", 0}}).find("expires_s"),
            std::string::npos);
}

}  // namespace
}  // namespace flotilla::testing
