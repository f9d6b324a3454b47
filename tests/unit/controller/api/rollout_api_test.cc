#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

class RolloutApi : public ::testing::Test {
 protected:
  void SetUp() override {
    world.enrol("d1", "cam");
    world.push("pose", "cam", "1.0");
  }

  nlohmann::json start(const nlohmann::json& policy = nlohmann::json::object()) {
    return world.expect(
        201,
        world.send("POST", kPath, {{"model", "pose"}, {"version", "1.0"}, {"policy", policy}}));
  }

  std::string refuse(int status, const nlohmann::json& body) {
    return world.expect_problem(status, world.send("POST", kPath, body));
  }

  controller::api::Response operate(const std::string& verb, const nlohmann::json& body = {}) {
    return world.send("POST", std::string(kPath) + "/1/" + verb, body);
  }

  static constexpr const char* kPath = "/api/v1/rollouts";
  ApiWorld world;
};

TEST_F(RolloutApi, StartsByLabelWithAPolicy) {
  const auto rollout = start({{"canary_count", 1}, {"soak_s", 30}, {"rollback_on_halt", false}});
  EXPECT_EQ(rollout["id"], 1);
  EXPECT_EQ(rollout["version"], 1);
  EXPECT_EQ(rollout["policy"]["soak_s"], 30);
  EXPECT_EQ(rollout["policy"]["rollback_on_halt"], false);
  EXPECT_EQ(rollout["started_by"], "admin-token");
  EXPECT_EQ(rollout["classes"][0]["hardware_class"], "cam");
  const auto shown = world.expect(200, world.send("GET", "/api/v1/rollouts/1?assignments=10"));
  EXPECT_TRUE(shown["assignments"].is_array());
  const auto list = world.expect(200, world.send("GET", kPath));
  ASSERT_EQ(list["rollouts"].size(), 1u);
  EXPECT_EQ(list["rollouts"][0]["id"], 1);
}

TEST_F(RolloutApi, RefusesBadRequestsByFieldAndRange) {
  const nlohmann::json good = {{"model", "pose"}, {"version", 1}};
  const auto with_policy = [&](const nlohmann::json& policy) {
    nlohmann::json body = good;
    body["policy"] = policy;
    return refuse(400, body);
  };
  EXPECT_NE(with_policy({{"canary_percent", 0}}).find("1 to 100"), std::string::npos);
  EXPECT_NE(with_policy({{"canary_percent", 101}}).find("policy.canary_percent"),
            std::string::npos);
  EXPECT_NE(with_policy({{"healthy_for_s", 60}, {"trial_deadline_s", 60}}).find("trial_deadline"),
            std::string::npos);
  with_policy({{"soak", 3}});
  with_policy({{"trial_attempts", 0}});
  refuse(400, {{"model", "pose"}});
  refuse(400, {{"model", "pose"}, {"version", 1.5}});
  refuse(400, {{"model", "pose"}, {"version", 1}, {"hardware_classes", {"Cam"}}});
  refuse(404, {{"model", "pose"}, {"version", 9}});
  refuse(404, {{"model", "other"}, {"version", 1}});
  EXPECT_TRUE(world.plane.rollouts().empty());
}

TEST_F(RolloutApi, OperatesAndTellsWhatIsNotPossible) {
  start();
  const auto cancelled = world.expect(200, operate("cancel", {{"reason", "wrong day"}}));
  EXPECT_EQ(cancelled["state"], "cancelled");
  const std::string text = world.expect_problem(409, operate("hold"));
  EXPECT_NE(text.find("cancelled"), std::string::npos) << text;
  for (const char* verb : {"resume", "halt", "rollback"}) world.expect_problem(409, operate(verb));
  world.expect_problem(400, operate("hold", {{"why", "x"}}));
  world.expect_problem(400, operate("hold", {{"reason", std::string(161, 'x')}}));
  world.expect_problem(404, world.send("POST", "/api/v1/rollouts/2/hold"));
  world.expect_problem(404, world.send("GET", "/api/v1/rollouts/x"));
}

TEST_F(RolloutApi, ListsNewestFirstByPages) {
  for (int i = 0; i < 3; ++i) {
    start();
    world.expect(200,
                 world.send("POST", std::string(kPath) + "/" + std::to_string(i + 1) + "/cancel"));
  }
  const auto first = world.expect(200, world.send("GET", "/api/v1/rollouts?limit=2"));
  ASSERT_EQ(first["rollouts"].size(), 2u);
  EXPECT_EQ(first["rollouts"][0]["id"], 3);
  const auto second = world.expect(200, world.send("GET", "/api/v1/rollouts?limit=2&cursor=" +
                                                              first["next"].get<std::string>()));
  ASSERT_EQ(second["rollouts"].size(), 1u);
  EXPECT_EQ(second["rollouts"][0]["id"], 1);
  EXPECT_TRUE(second["next"].is_null());
}

TEST_F(RolloutApi, EachRolloutHasItsOwnSalt) {
  start();
  world.expect(200, operate("cancel"));
  start();
  EXPECT_NE(world.plane.rollouts().at(1).salt, world.plane.rollouts().at(2).salt);
}

}  // namespace
}  // namespace flotilla::testing
