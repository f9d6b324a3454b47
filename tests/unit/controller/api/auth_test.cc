#include <gtest/gtest.h>

#include "controller/api/endpoints.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

TEST(Auth, WrongTokensAreUnauthenticatedAndChangeNothing) {
  ApiWorld world;
  controller::api::TokenSecret other{};
  other.fill(77);
  const std::string good = world.tokens["admin"];
  for (const std::string& header :
       {std::string("Bearer "), std::string("Basic abc"), "Bearer " + good.substr(0, 20),
        "Bearer " + controller::api::make_token("adminxxx", other),
        "Bearer " + controller::api::make_token("nobody12", other)}) {
    controller::api::Request request;
    request.method = "PUT";
    request.path = "/api/v1/classes/cam";
    request.authorization = header;
    request.body = "{}";
    world.expect_problem(401, world.send(request));
  }
  EXPECT_TRUE(world.plane.classes().empty());
}

TEST(Auth, UnknownPathsTellNothingToStrangers) {
  ApiWorld world;
  world.expect_problem(401, world.send("GET", "/api/v1/nothing", {}, ""));
  world.expect_problem(404, world.send("GET", "/api/v1/nothing"));
  const std::string text = world.expect_problem(405, world.send("PATCH", "/api/v1/devices"));
  EXPECT_NE(text.find("GET, POST"), std::string::npos) << text;
}

TEST(Auth, TheActorOfACommandIsTheTokensName) {
  ApiWorld world;
  world.define_class("cam");
  const auto log = world.expect(200, world.send("GET", "/api/v1/audit"));
  EXPECT_EQ(log["entries"].back()["actor"], "admin-token");
}

}  // namespace
}  // namespace flotilla::testing
