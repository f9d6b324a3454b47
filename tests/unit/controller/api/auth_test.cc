#include <gtest/gtest.h>

#include "controller/api/endpoints.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

using controller::api::parse_role;
using controller::api::Role;
using controller::api::Route;
using controller::api::routes;

/// A path of the route that leads to nothing.
std::string some_path(const Route& route) {
  std::string path = route.path;
  for (size_t open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "1");
  }
  return path;
}

TEST(Auth, EveryRouteWithEveryRole) {
  for (const Route& route : routes()) {
    for (const std::string role : {"viewer", "operator", "admin"}) {
      ApiWorld world;
      const auto response =
          world.send(route.method, some_path(route), nlohmann::json::object(), role);
      const bool allowed = parse_role(role) >= route.role;
      EXPECT_EQ(response.status == 403, !allowed) << route.operation << " as " << role;
      EXPECT_NE(response.status, 401) << route.operation << " as " << role;
    }
  }
}

TEST(Auth, WithoutATokenOnlyTheDescriptionIsServed) {
  for (const Route& route : routes()) {
    ApiWorld world;
    const auto response = world.send(route.method, some_path(route), {}, "");
    EXPECT_EQ(response.status == 401, route.role != Role::kPublic) << route.operation;
  }
}

TEST(Auth, WrongTokensAreUnauthenticatedAndChangeNothing) {
  ApiWorld world;
  controller::api::TokenSecret other{};
  other.fill(77);
  const std::string good = world.tokens["admin"];
  for (const std::string& header :
       {std::string("Bearer "), std::string("Basic abc"), "Bearer " + good.substr(0, 20),
        "Bearer " + controller::api::make_token("tokenadm", other),
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
