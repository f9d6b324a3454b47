#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/api/fake_inspector.h"

namespace flotilla::testing {
namespace {

class DocumentApi : public ::testing::Test {
 protected:
  void SetUp() override {
    world.define_class("cam");
    world.expect(
        201,
        world.send("POST", "/api/v1/models/pose/versions",
                   {{"label", "1.0"},
                    {"document", {{"task", {{"name", "pose"}}}}},
                    {"variants",
                     {{{"hardware_class", "cam"}, {"image", world.store_artifact("image")}}}}}));
  }

  controller::api::Response revise(const nlohmann::json& body, const std::string& role = "admin") {
    return world.send("POST", kPath, body, role);
  }

  static constexpr const char* kPath = "/api/v1/models/pose/versions/1.0/document";
  ApiWorld world;
};

TEST_F(DocumentApi, ARevisionPointsAtTheOneBefore) {
  const auto first = world.expect(200, world.send("GET", kPath));
  EXPECT_EQ(first["revision"], 0);
  EXPECT_EQ(first["revisions"].size(), 1u);
  const nlohmann::json corrected = {{"task", {{"name", "pose-estimation"}}}, {"our_own", 1}};
  const auto second = world.expect(201, revise({{"document", corrected}, {"reason", "a typo"}}));
  EXPECT_EQ(second["revision"], 1);
  EXPECT_EQ(second["previous_digest"], first["document_digest"]);
  EXPECT_EQ(nlohmann::json::parse(second["document"].get<std::string>()), corrected)
      << "unknown members are kept";
  const auto third = world.expect(201, revise({{"document", R"({ "task": {} })"}}));
  EXPECT_EQ(third["document"], R"({ "task": {} })") << "text is kept verbatim";
  EXPECT_EQ(third["previous_digest"], second["document_digest"]);

  EXPECT_EQ(world.expect(200, world.send("GET", kPath)), third);
  const auto old = world.expect(200, world.send("GET", std::string(kPath) + "?revision=0"));
  EXPECT_EQ(old["document"], first["document"]);
  EXPECT_EQ(old["revisions"].size(), 3u);
  EXPECT_EQ(old["revisions"][1]["reason"], "a typo");
  world.expect_problem(400, world.send("GET", std::string(kPath) + "?revision=3"));
  // The version is as it was: its document is signed by digest.
  const auto version = world.expect(200, world.send("GET", "/api/v1/models/pose/versions/1"));
  EXPECT_EQ(version["document_digest"], first["document_digest"]);
  const auto audit = world.expect(200, world.send("GET", "/api/v1/audit"));
  EXPECT_EQ(audit["entries"].back()["action"], "document.revised");
}

TEST_F(DocumentApi, RevisionsSurviveARestart) {
  world.expect(201, revise({{"document", {{"task", {{"name", "x"}}}}}, {"reason", "r"}}));
  const auto before = world.expect(200, world.send("GET", kPath));
  ASSERT_TRUE(world.plane.load(world.store).ok());
  EXPECT_EQ(world.expect(200, world.send("GET", kPath)), before);
}

TEST_F(DocumentApi, WhatIsWrongIsRefused) {
  world.expect_problem(400, revise({{"reason", "no document"}}));
  const std::string told =
      world.expect_problem(400, revise({{"document", {{"task", {{"name", 3}}}}}}));
  EXPECT_NE(told.find("document.task.name is 3"), std::string::npos) << told;
  world.expect_problem(400, revise({{"document", "prose"}}));
  world.expect_problem(409, revise({{"document", {{"task", {{"name", "pose"}}}}}}));
  world.expect_problem(403, revise({{"document", nlohmann::json::object()}}, "viewer"));
  world.expect_problem(404, world.send("POST", "/api/v1/models/pose/versions/7/document",
                                       {{"document", nlohmann::json::object()}}));
  const std::string stale = world.expect_problem(
      409, revise({{"document", nlohmann::json::object()}, {"previous", std::string(64, 'a')}}));
  EXPECT_NE(stale.find("is at revision 0"), std::string::npos) << stale;
  EXPECT_TRUE(world.plane.revisions("pose", 1).empty());
}

TEST_F(DocumentApi, APushWithABadDocumentRegistersNothing) {
  const std::string told = world.expect_problem(
      400, world.send("POST", "/api/v1/models/other/versions",
                      {{"document", {{"evaluation", {{{"name", "f1"}}}}}},
                       {"variants",
                        {{{"hardware_class", "cam"}, {"image", world.store_artifact("image")}}}}}));
  EXPECT_NE(told.find("document.evaluation[0].value is missing"), std::string::npos) << told;
  EXPECT_EQ(world.plane.models().size(), 1u);
}

TEST_F(DocumentApi, ARevisionIsHeldAgainstTheFile) {
  FakeInspector inspector(world.artifacts);
  world.around.inspector = &inspector;
  world.api = std::make_unique<controller::api::Api>(world.around);
  const nlohmann::json block = {{"hardware_class", "cam"}, {"format", "onnx"}};
  const std::string told =
      world.expect_problem(400, revise({{"document", {{"variants", {block}}}}}));
  EXPECT_NE(told.find("declared onnx, the file is text"), std::string::npos) << told;
}

TEST_F(DocumentApi, TheSchemaIsPublic) {
  const auto schema =
      world.expect(200, world.send("GET", "/api/v1/schemas/version-1.json", {}, ""));
  EXPECT_EQ(schema["title"], "Flotilla version document, format 1");
}

}  // namespace
}  // namespace flotilla::testing
