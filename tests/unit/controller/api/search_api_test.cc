#include <gtest/gtest.h>

#include "tests/support/model_files.h"
#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/api/fake_inspector.h"

namespace flotilla::testing {
namespace {

class SearchApi : public ::testing::Test {
 protected:
  void SetUp() override {
    world.define_class("orin");
    world.define_class("cam");
    world.around.inspector = &inspector;
    world.api = std::make_unique<controller::api::Api>(world.around);
    const nlohmann::json document = {
        {"identity", {{"tags", {"safety", "hall"}}}},
        {"evaluation",
         {{{"name", "f1"}, {"value", 0.95}}, {{"name", "f1"}, {"value", 0.5}, {"slice", "night"}}}},
        {"training", {{"datasets", {{{"name", "a"}}, {{"name", "b"}, {"licence", "MIT"}}}}}},
        {"variants", {{{"hardware_class", "orin"}, {"accelerator", {{"kind", "gpu"}}}}}}};
    push("pose", {{"orin", int8_file()}, {"cam", "a tree"}}, document);
    push("pose", {{"orin", "another tree"}}, {});
    push("vad", {{"cam", int8_file() + std::string()}}, {{"task", {{"name", "voice"}}}});
  }

  static std::string int8_file() {
    namespace files = controller::test;
    return files::onnx_file(
        files::onnx_graph({files::onnx_node("DequantizeLinear", {"w", "s"}, "y")},
                          {files::onnx_tensor("w", 3, {2, 2}, std::string("\0\0\0\1", 4)),
                           files::onnx_tensor("s", 1, {}, files::floats(1))}));
  }

  void push(const std::string& model, const std::map<std::string, std::string>& images,
            const nlohmann::json& document) {
    nlohmann::json body = {{"variants", nlohmann::json::array()}};
    for (const auto& [name, image] : images) {
      body["variants"].push_back(
          {{"hardware_class", name}, {"image", world.store_artifact(image)}});
    }
    if (!document.is_null()) body["document"] = document;
    world.expect(201, world.send("POST", "/api/v1/models/" + model + "/versions", body));
  }

  controller::api::Response search(const std::string& where,
                                   std::map<std::string, std::string> more = {}) {
    controller::api::Request request;
    request.method = "GET";
    request.path = "/api/v1/versions";
    request.authorization = "Bearer " + world.tokens["viewer"];
    request.query = std::move(more);
    if (!where.empty()) request.query["where"] = where;
    return world.send(request);
  }

  /// "pose/1:cam,orin vad/1:cam"
  std::string found(const std::string& where) {
    std::string out;
    const auto reply = world.expect(200, search(where));
    for (const auto& version : reply["versions"]) {
      out += (out.empty() ? "" : " ") + version["model"].get<std::string>() + "/" +
             version["version"].dump() + ":";
      for (const auto& match : version["matches"]) {
        out += (out.back() == ':' ? "" : ",") + match["hardware_class"].get<std::string>();
      }
    }
    return out;
  }

  ApiWorld world;
  FakeInspector inspector{world.artifacts};
};

TEST_F(SearchApi, FindsByNamesFactsAndDocument) {
  EXPECT_EQ(found(""), "pose/2:orin pose/1:cam,orin vad/1:cam");
  EXPECT_EQ(found("class=orin and quantisation=int8 and metric.f1>0.9"), "pose/1:orin");
  EXPECT_EQ(found("quantisation='per tensor'"), "pose/1:orin vad/1:cam");
  EXPECT_EQ(found("format=text"), "pose/2:orin pose/1:cam");
  EXPECT_EQ(found("sparsity>0.7 and sparsity<0.8 and operator=DequantizeLinear"),
            "pose/1:orin vad/1:cam");
  EXPECT_EQ(found("tag=safety"), "pose/1:cam,orin");
  EXPECT_EQ(found("task~VOI"), "vad/1:cam");
  EXPECT_EQ(found("metric.f1<0.9"), "") << "figures of slices do not count";
  EXPECT_EQ(found("doc.training.datasets.licence=MIT"), "pose/1:cam,orin");
  EXPECT_EQ(found("variant.accelerator.kind=gpu"), "pose/1:orin");
  EXPECT_EQ(found("model=pose and version>=2"), "pose/2:orin");
  EXPECT_EQ(found("created>=2020 and not golden=true and size>0 and rounded=false and class!=orin"),
            "pose/1:cam vad/1:cam");
}

TEST_F(SearchApi, TheNewestRevisionCounts) {
  world.expect(201, world.send("POST", "/api/v1/models/vad/versions/1/document",
                               {{"document", {{"task", {{"name", "speech"}}}}}}));
  EXPECT_EQ(found("task=voice"), "");
  EXPECT_EQ(found("task=speech"), "vad/1:cam");
}

TEST_F(SearchApi, PagesFollowEachOther) {
  std::string cursor;
  std::string seen;
  for (int page = 0; page < 5; ++page) {
    std::map<std::string, std::string> more = {{"limit", "1"}};
    if (!cursor.empty()) more["cursor"] = cursor;
    const auto reply = world.expect(200, search("", more));
    for (const auto& version : reply["versions"])
      seen += version["model"].get<std::string>() + version["version"].dump() + " ";
    if (reply["next"].is_null()) break;
    cursor = reply["next"];
  }
  EXPECT_EQ(seen, "pose2 pose1 vad1 ");
}

TEST_F(SearchApi, WhatIsWrongIsTold) {
  const std::string field = world.expect_problem(400, search("class=orin and speed>3"));
  EXPECT_NE(field.find("character 16: there is no field 'speed'; there are model, version"),
            std::string::npos)
      << field;
  world.expect_problem(400, search("class="));
  world.expect_problem(400, search("", {{"cursor", "Pose/x"}}));
  world.expect_problem(400, search("", {{"cursor", "pose/99999999999"}}));
  world.expect_problem(400, search("", {{"limit", "0"}}));
}

}  // namespace
}  // namespace flotilla::testing
