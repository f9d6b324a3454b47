#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "controller/api/endpoints.h"
#include "controller/domain/names.h"

namespace flotilla::controller::api {
namespace {

struct Operation {
  std::string method;
  std::string path;
  std::string id;
  std::string permission;
  auto operator<=>(const Operation&) const = default;
};

std::set<Operation> documented(const Json& document) {
  std::set<Operation> out;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string upper = method;
      std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
      out.insert(
          {upper, path, operation.value("operationId", ""), operation.value("x-permission", "")});
    }
  }
  return out;
}

std::set<Operation> served() {
  std::set<Operation> out;
  for (const Route& route : routes()) {
    out.insert({route.method, route.path, route.operation, rule_name(route.rule)});
  }
  return out;
}

Json document() {
  return Json::parse(openapi_text());
}

TEST(OpenApi, DescribesEveryRouteAndNothingElse) {
  EXPECT_EQ(documented(document()), served());
  EXPECT_EQ(served().size(), routes().size()) << "a route stands twice";
}

TEST(OpenApi, DescribesEveryParameterOfAPath) {
  const Json text = document();
  for (const Route& route : routes()) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), ::tolower);
    std::set<std::string> described;
    for (const auto& parameter :
         text["paths"][route.path][method].value("parameters", Json::array())) {
      if (parameter["in"] == "path") described.insert(parameter["name"].get<std::string>());
    }
    std::map<std::string, std::string> bound;
    ASSERT_TRUE(match_path(route.path, route.path, bound)) << route.path;
    for (const auto& [name, value] : bound) EXPECT_TRUE(described.contains(name)) << route.path;
    EXPECT_EQ(described.size(), bound.size()) << route.path;
  }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const Json text = document();
  const std::string all = text.dump();
  for (size_t at = all.find("#/"); at != std::string::npos; at = all.find("#/", at + 1)) {
    const std::string pointer = all.substr(at + 1, all.find('"', at) - at - 1);
    EXPECT_TRUE(text.contains(Json::json_pointer(pointer))) << pointer;
  }
}

TEST(OpenApi, NamesEveryRolloutState) {
  const Json states =
      document()["components"]["schemas"]["RolloutSummary"]["properties"]["state"]["enum"];
  for (int i = 0; i <= static_cast<int>(RolloutState::kCancelled); ++i) {
    const std::string name = state_name(static_cast<RolloutState>(i));
    EXPECT_NE(std::find(states.begin(), states.end(), name), states.end()) << name;
  }
}

TEST(OpenApi, NamesEveryRoleAndReleaseState) {
  const Json schemas = document()["components"]["schemas"];
  for (size_t i = 0; i < kRoles; ++i)
    EXPECT_EQ(schemas["Role"]["enum"].at(i), role_name(static_cast<Role>(i)));
  for (size_t i = 0; i <= static_cast<size_t>(ReleaseState::kRevoked); ++i)
    EXPECT_EQ(schemas["ReleaseState"]["enum"].at(i), state_name(static_cast<ReleaseState>(i)));
}

TEST(Route, PathsMatchWhole) {
  std::map<std::string, std::string> bound;
  EXPECT_TRUE(match_path("/a/{id}/why", "/a/d1/why", bound));
  EXPECT_EQ(bound["id"], "d1");
  for (const char* path : {"/a/d1", "/a//why", "/a/d1/why/x", "/b/d1/why", "", "/a/d1/why/"}) {
    EXPECT_FALSE(match_path("/a/{id}/why", path, bound)) << path;
  }
}

}  // namespace
}  // namespace flotilla::controller::api
