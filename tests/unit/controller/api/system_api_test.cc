#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

TEST(SystemApi, StatusCounts) {
  ApiWorld world;
  world.enrol("d1", "cam");
  const auto status = world.expect(200, world.send("GET", "/api/v1/status", {}, "viewer"));
  EXPECT_EQ(status["devices"], 1);
  EXPECT_EQ(status["classes"], 1);
  EXPECT_EQ(status["broker_connected"], true);
  EXPECT_EQ(status["software"], "1.2.3");
  EXPECT_EQ(status["counters"]["steps"], 3);
}

TEST(SystemApi, TheDescriptionIsServed) {
  ApiWorld world;
  const auto text = world.expect(200, world.send("GET", "/api/v1/openapi.json", {}, ""));
  EXPECT_EQ(text["openapi"], "3.1.0");
}

TEST(SystemApi, AuditIsReadByNumber) {
  ApiWorld world;
  for (const char* name : {"a", "b", "c", "d"}) world.define_class(name);
  const auto all = world.expect(200, world.send("GET", "/api/v1/audit"))["entries"];
  ASSERT_EQ(all.size(), world.plane.audit_size());
  const auto page = world.expect(200, world.send("GET", "/api/v1/audit?from=1&limit=2"));
  ASSERT_EQ(page["entries"].size(), 2u);
  EXPECT_EQ(page["entries"][0]["number"], 1);
  EXPECT_EQ(page["next"], "3");
  const auto newest = world.expect(200, world.send("GET", "/api/v1/audit?limit=1"));
  EXPECT_EQ(newest["entries"][0], all.back());
  EXPECT_TRUE(newest["next"].is_null());
  world.expect_problem(400, world.send("GET", "/api/v1/audit?from=x"));
  world.expect_problem(400, world.send("GET", "/api/v1/audit?limit=1001"));
}

TEST(SystemApi, TransfersAreListed) {
  ApiWorld world;
  const auto list = world.expect(200, world.send("GET", "/api/v1/transfers"));
  EXPECT_EQ(list["transfers"], nlohmann::json::array());
}

TEST(SystemApi, ANewTokenOpensTheDoorAndIsNotKept) {
  ApiWorld world;
  const auto made =
      world.expect(201, world.send("POST", "/api/v1/tokens", {{"name", "ci"}, {"role", "admin"}}));
  world.tokens["new"] = made["token"];
  world.expect(200, world.send("GET", "/api/v1/status", {}, "new"));
  const auto list = world.expect(200, world.send("GET", "/api/v1/tokens"));
  EXPECT_EQ(list["tokens"].size(), controller::kRoles + 1);
  EXPECT_EQ(list.dump().find(made["token"].get<std::string>()), std::string::npos);
  const std::string secret(controller::api::parse_token(world.tokens["new"])->secret);
  for (const auto& [key, value] : world.store.rows) {
    EXPECT_EQ(value.find(secret), std::string::npos) << "a secret was stored";
  }
}

TEST(SystemApi, TokensNeedANameAndAKnownRole) {
  ApiWorld world;
  world.expect_problem(400, world.send("POST", "/api/v1/tokens", {{"name", "ci"}}));
  world.expect_problem(400,
                       world.send("POST", "/api/v1/tokens", {{"name", "ci"}, {"role", "root"}}));
  world.expect_problem(400,
                       world.send("POST", "/api/v1/tokens", {{"name", "C I"}, {"role", "admin"}}));
}

}  // namespace
}  // namespace flotilla::testing
