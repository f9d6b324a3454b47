#include <gtest/gtest.h>

#include <sstream>

#include "controller/domain/text.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

using controller::Role;
using nlohmann::json;

constexpr const char* kVersion = "/api/v1/models/pose/versions/1.0";

class LifecycleApi : public ::testing::Test {
 protected:
  LifecycleApi() {
    world.define_class("cam");
    world.enrol("d1", "cam");
    world.grant("ci", {{Role::kPublisher, {}}});
    world.grant("vera", {{Role::kValidator, {}}});
    world.grant("bob", {{Role::kApprover, {"pose", "cam", "", ""}}});
    world.grant("carol", {{Role::kApprover, {}}});
    world.grant("olga", {{Role::kOperator, {}}});
  }

  void set_policy(const json& policy, const std::string& model = "pose") {
    world.expect(200,
                 world.send("PUT", "/api/v1/policies", {{"model", model}, {"policy", policy}}));
  }

  json push(double f1) {
    const std::string image = world.store_artifact("image");
    const json document = {{"identity", {{"owner", "vision"}}},
                           {"evaluation", {{{"name", "f1"}, {"value", f1}}}}};
    return world.expect(201,
                        world.send("POST", "/api/v1/models/pose/versions",
                                   {{"label", "1.0"},
                                    {"document", document},
                                    {"variants", {{{"hardware_class", "cam"}, {"image", image}}}}},
                                   "ci"));
  }

  std::string state() {
    return world.expect(200, world.send("GET", std::string(kVersion) + "/lifecycle"))["classes"][0]
        .value("state", "");
  }

  json refused(const controller::api::Response& response, int status = 409) {
    return world.expect(status, response)["error"];
  }

  controller::api::Response post(const char* verb, const std::string& by,
                                 const json& body = json::object()) {
    return world.send("POST", std::string(kVersion) + verb, body, by);
  }

  ApiWorld world;
};

TEST_F(LifecycleApi, FromAPushToARollout) {
  set_policy({{"metadata", {"identity.owner"}},
              {"require", {"metric.f1 >= 0.9", "evidence.f1 >= 0.85"}},
              {"evidence", 1},
              {"approvals", 2}});
  EXPECT_EQ(push(0.93)["variants"][0]["state"], "draft");
  const json start = {{"model", "pose"}, {"version", "1.0"}};
  EXPECT_EQ(refused(world.send("POST", "/api/v1/rollouts", start, "olga"))["code"], "not_released");
  const std::string report = world.store_artifact("report");
  world.expect(201, post("/evidence", "vera", {{"file", report}, {"metrics", {{"f1", 0.8}}}}));
  EXPECT_EQ(state(), "draft") << "the validator measured less";
  const json found = refused(post("/approvals", "bob"));
  EXPECT_EQ(found["code"], "policy_unmet");
  ASSERT_EQ(found["rules"].size(), 1u);
  EXPECT_EQ(found["rules"][0]["rule"], "require evidence.f1 >= 0.85");
  EXPECT_EQ(found["rules"][0]["found"], "evidence.f1 = 0.8");
  world.expect(201, post("/evidence", "vera", {{"file", report}, {"metrics", {{"f1", 0.9}}}}));
  EXPECT_EQ(state(), "validated");
  world.expect(201, post("/approvals", "bob"));
  const json one = refused(post("/release", "olga"));
  EXPECT_EQ(one["code"], "policy_unmet");
  EXPECT_EQ(one["rules"][0]["found"], "1 (bob)");
  EXPECT_EQ(one["rules"][0]["who"], json::array({"admin-token", "approver-token", "carol"}));
  world.expect(201, post("/approvals", "carol"));
  EXPECT_EQ(state(), "approved");
  world.expect(200, post("/release", "olga"));
  world.expect(201, world.send("POST", "/api/v1/rollouts", start, "olga"));
}

TEST_F(LifecycleApi, EachFailedRuleIsToldWithBothValues) {
  set_policy({{"metadata", {"training.run", "identity.owner"}},
              {"require", {"metric.f1 >= 0.9", "golden = true"}},
              {"approvals", 1}});
  push(0.85);
  const json error = refused(post("/release", "olga"));
  std::vector<std::string> rules;
  for (const json& rule : error["rules"])
    rules.push_back(rule["rule"].get<std::string>() + ": " + rule["found"].get<std::string>());
  EXPECT_EQ(rules, (std::vector<std::string>{
                       "metadata training.run: none", "require metric.f1 >= 0.9: metric.f1 = 0.85",
                       "require golden = true: golden = false", "approvals: 0"}));
}

TEST_F(LifecycleApi, TheAuthorDoesNotApproveAndATokenMoreIsNoPersonMore) {
  set_policy({{"approvals", 2}});
  push(0.9);
  const json other =
      world.expect(201, world.send("POST", "/api/v1/tokens",
                                   {{"name", "boss"}, {"identity", "ci"}, {"role", "approver"}}));
  world.tokens["boss"] = other["token"];
  EXPECT_EQ(refused(post("/approvals", "boss"), 403)["code"], "own_version");
  const json made =
      world.expect(201, world.send("POST", "/api/v1/tokens",
                                   {{"name", "phone"}, {"identity", "bob"}, {"role", "approver"}}));
  world.tokens["phone"] = made["token"];
  world.expect(201, post("/approvals", "bob"));
  world.expect(201, post("/approvals", "phone"));
  EXPECT_EQ(state(), "validated") << "one person with two tokens";
}

TEST_F(LifecycleApi, WithoutAPolicyAPushIsReleased) {
  EXPECT_EQ(push(0.9)["variants"][0]["state"], "released");
  EXPECT_EQ(refused(post("/approvals", "bob"))["code"], "failed_precondition");
  world.expect(200, post("/deprecate", "olga", {{"reason", "old"}}));
  EXPECT_EQ(state(), "deprecated");
  const json start = {{"model", "pose"}, {"version", "1.0"}};
  refused(world.send("POST", "/api/v1/rollouts", start, "olga"));
  json emergency = start;
  emergency["emergency"] = true;
  world.expect(201, world.send("POST", "/api/v1/rollouts", emergency, "olga"));
  const json revoked = world.expect(200, post("/revoke", "bob", {{"hardware_classes", {"cam"}}}));
  EXPECT_EQ(revoked["devices"], (json{{"running", 0}, {"holding", 0}}));
  EXPECT_EQ(state(), "revoked");
}

TEST_F(LifecycleApi, ARevocationSaysHowManyDevicesItConcerns) {
  push(0.9);
  const Digest image = world.plane.models().at("pose").at(1).variants.at(0).image_digest;
  for (const char* id : {"d2", "d3", "d4"}) world.enrol(id, "cam");
  for (const char* id : {"d1", "d2", "d3"}) {
    controller::StateReported event;
    event.device = id;
    event.report.device = DeviceId(id);
    event.report.hardware_class = Name("cam");
    event.report.order = {1, 1, 1};
    ModelState model;
    model.model = Name("pose");
    const bool holds = id[1] == '3';
    (holds ? model.spare_digest : model.active_digest) = image;
    if (!holds) model.reason = Reason::kRevoked;
    ASSERT_TRUE(event.report.models.push_back(model));
    (void)world.plane.step(event, {"device:x", ""}, world.now);
  }
  const json revoked = world.expect(200, post("/revoke", "bob"));
  EXPECT_EQ(revoked["devices"], (json{{"running", 2}, {"holding", 1}}));
  EXPECT_FALSE(world.expect(200, world.send("GET", std::string(kVersion) + "/lifecycle"))
                   .contains("devices"));
  const json d1 = world.expect(200, world.send("GET", "/api/v1/devices/d1"));
  EXPECT_EQ(d1["models"][0]["reason"], "revoked");
  EXPECT_EQ(d1["models"][0]["reason_text"], "the release was revoked");
  const json list = world.expect(200, world.send("GET", "/api/v1/devices?rollback_options=1"));
  EXPECT_EQ(list["devices"][2]["rollback_options"][0]["revoked"], true);
}

/// An envelope of these tests is "KEY CLASS IDENTITY", of the release of pose 1.
TEST_F(LifecycleApi, WhereTheKeysetNamesApproversApprovalsAreSigned) {
  set_policy({{"approvals", 2}});
  push(0.9);
  Digest release = world.plane.models().at("pose").at(1).variants[0].release_digest;
  world.around.verify_approval = [&release](Bytes bytes) -> Result<controller::VerifiedApproval> {
    std::istringstream words{std::string(as_text(bytes))};
    uint64_t key = 0;
    std::string hardware_class;
    std::string who;
    words >> key >> hardware_class >> who;
    if (key == 0) return Status(Code::kUnauthenticated, "nobody's key");
    controller::VerifiedApproval out;
    out.signer = key;
    out.approval.release_digest = release;
    out.approval.model.assign_truncated("pose");
    out.approval.version = 1;
    out.approval.hardware_class.assign_truncated(hardware_class);
    out.approval.approver.assign_truncated(who);
    return out;
  };
  world.api = std::make_unique<controller::api::Api>(world.around);
  const auto approve = [&](const std::string& by, const std::string& envelope) {
    return post("/approvals", by, {{"envelopes", {controller::hex_text(as_bytes(envelope))}}});
  };
  const auto rule = [&](const controller::api::Response& response) {
    return refused(response, 403).value("code", "");
  };
  EXPECT_EQ(rule(post("/approvals", "bob")), "approval_signature") << "not signed";
  EXPECT_EQ(rule(approve("bob", "0 cam bob")), "approval_signature");
  EXPECT_EQ(rule(approve("bob", "7 npu bob")), "approval_signature");
  EXPECT_EQ(rule(approve("bob", "7 cam carol")), "approval_signature") << "another person's name";
  world.expect_problem(400, post("/approvals", "bob", {{"envelopes", {"xyz"}}}));
  world.expect(201, approve("bob", "7 cam bob"));
  world.expect_problem(409, approve("carol", "7 cam carol"));
  release.bytes[0] ^= 1;
  EXPECT_EQ(rule(approve("carol", "8 cam carol")), "approval_signature") << "another release";
  release.bytes[0] ^= 1;
  EXPECT_EQ(state(), "validated");
  world.expect(201, approve("carol", "8 cam carol"));
  EXPECT_EQ(state(), "approved");
  const json shown = world.expect(200, world.send("GET", std::string(kVersion) + "/lifecycle"));
  EXPECT_EQ(shown["classes"][0]["approvals"][1]["signed"], true);
  EXPECT_EQ(shown["classes"][0]["approvals"][1]["key"], "0000000000000008");
}

TEST_F(LifecycleApi, PoliciesAreCheckedAsTheyAreSet) {
  const auto fault = [&](const json& policy) {
    return world.expect_problem(400, world.send("PUT", "/api/v1/policies", {{"policy", policy}}));
  };
  EXPECT_NE(fault({{"require", {"metric.f1 >="}}}).find("policy.require"), std::string::npos);
  EXPECT_NE(fault({{"require", {"colour = red"}}}).find("there is no field 'colour'"),
            std::string::npos);
  EXPECT_NE(fault({{"aprovals", 2}}).find("aprovals"), std::string::npos);
  EXPECT_NE(fault({{"approvals", 2}, {"approvers", {"bob"}}}).find("2 approvals of 1"),
            std::string::npos);
  set_policy({{"approvals", 1}}, "po*");
  const json list = world.expect(200, world.send("GET", "/api/v1/policies"));
  ASSERT_EQ(list["policies"].size(), 1u);
  EXPECT_EQ(list["policies"][0]["model"], "po*");
  EXPECT_EQ(list["policies"][0]["hardware_class"], "*");
  world.expect(200, world.send("DELETE", "/api/v1/policies?model=po*"));
  EXPECT_TRUE(world.plane.policies().empty());
}

TEST_F(LifecycleApi, EvidenceIsAFileThatIsStored) {
  push(0.9);
  const std::string text =
      world.expect_problem(400, post("/evidence", "vera", {{"file", std::string(64, 'a')}}));
  EXPECT_NE(text.find("an artifact stored before"), std::string::npos) << text;
  const std::string report = world.store_artifact("report");
  world.expect_problem(
      400, post("/evidence", "vera", {{"file", report}, {"metrics", {{"f1", "high"}}}}));
  world.expect_problem(
      400, post("/evidence", "vera", {{"file", report}, {"hardware_classes", {"npu"}}}));
}

}  // namespace
}  // namespace flotilla::testing
