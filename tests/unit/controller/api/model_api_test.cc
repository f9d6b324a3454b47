#include <gtest/gtest.h>

#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

class ModelApi : public ::testing::Test {
 protected:
  void SetUp() override { world.define_class("cam"); }

  std::string refuse(int status, const nlohmann::json& body) {
    return world.expect_problem(status, world.send("POST", kPath, body));
  }

  nlohmann::json variant(const std::string& text = "image") {
    return {{"hardware_class", "cam"}, {"image", world.store_artifact(text)}};
  }

  static constexpr const char* kPath = "/api/v1/models/pose/versions";
  ApiWorld world;
};

TEST_F(ModelApi, RegistersASignedVersion) {
  nlohmann::json body = {
      {"label", "1.0"}, {"document", {{"dataset", "hall"}}}, {"variants", {variant()}}};
  body["variants"][0]["golden"] = world.store_artifact("golden");
  body["variants"][0]["security_counter"] = 4;
  body["variants"][0]["runtime"] = "onnx>=1.16";
  const auto version = world.expect(201, world.send("POST", kPath, body));
  EXPECT_EQ(version["version"], 1);
  EXPECT_EQ(version["label"], "1.0");
  EXPECT_EQ(version["variants"][0]["image_size"], 5);
  EXPECT_EQ(version["document"], R"({"dataset":"hall"})");

  const auto& kept = world.plane.models().at("pose").at(1).variants.at(0);
  std::vector<uint64_t> aligned(kept.release_envelope.size() / 8 + 1);
  std::memcpy(aligned.data(), kept.release_envelope.data(), kept.release_envelope.size());
  const auto release = wire::decode_release(
      {reinterpret_cast<const uint8_t*>(aligned.data()), kept.release_envelope.size()});
  ASSERT_TRUE(release.ok()) << release.status().reason();
  const ReleaseManifest& manifest = release.value().value;
  EXPECT_EQ(manifest.version, 1u);
  EXPECT_EQ(manifest.security_counter, 4u);
  EXPECT_EQ(manifest.image_size, 5u);
  EXPECT_EQ(manifest.runtime.view(), "onnx>=1.16");
  EXPECT_EQ(manifest.document_digest, world.hasher.of(R"({"dataset":"hall"})"));
  EXPECT_EQ(kept.release_digest, signing_digest(world.hasher, SignedKind::kRelease,
                                                release.value().envelope.signed_bytes));
}

TEST_F(ModelApi, IsFoundByNumberAndLabel) {
  world.push("pose", "cam", "1.0");
  world.push("pose", "cam", "2.0");
  const auto by_label = world.expect(200, world.send("GET", std::string(kPath) + "/2.0"));
  EXPECT_EQ(by_label["version"], 2);
  EXPECT_EQ(world.expect(200, world.send("GET", std::string(kPath) + "/2")), by_label);
  world.expect_problem(404, world.send("GET", std::string(kPath) + "/3"));
  const auto list = world.expect(200, world.send("GET", "/api/v1/models"));
  EXPECT_EQ(list["models"][0]["newest"]["label"], "2.0");
  EXPECT_EQ(world.expect(200, world.send("GET", "/api/v1/models/pose"))["versions"].size(), 2u);
  world.expect_problem(404, world.send("GET", "/api/v1/models/other"));
}

TEST_F(ModelApi, ListsPageByPage) {
  for (const char* name : {"a", "b", "c", "d", "e"}) world.push(name, "cam", "1.0");
  std::vector<std::string> found;
  std::string cursor;
  for (int pages = 1;; ++pages) {
    const auto page =
        world.expect(200, world.send("GET", "/api/v1/models?limit=2&cursor=" + cursor));
    for (const auto& row : page["models"]) found.push_back(row["model"]);
    if (page["next"].is_null()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    EXPECT_EQ(page["models"].size(), 2u);
    cursor = page["next"].get<std::string>();
  }
  EXPECT_EQ(found, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  world.expect_problem(400, world.send("GET", "/api/v1/models?limit=0"));
}

TEST_F(ModelApi, ListsVersionsPageByPageNewestFirst) {
  for (const char* label : {"1.0", "2.0", "3.0", "4.0", "5.0"}) world.push("pose", "cam", label);
  const std::string path = "/api/v1/models/pose?limit=2";
  const auto first = world.expect(200, world.send("GET", path));
  EXPECT_EQ(first["model"], "pose");
  EXPECT_EQ(first["next"], "4");
  std::vector<int> found;
  nlohmann::json page = first;
  for (;;) {
    for (const auto& row : page["versions"]) found.push_back(row["version"]);
    if (page["next"].is_null()) break;
    const std::string cursor = page["next"];
    page = world.expect(200, world.send("GET", path + "&cursor=" + cursor));
  }
  EXPECT_EQ(found, (std::vector<int>{5, 4, 3, 2, 1}));
  world.expect_problem(400, world.send("GET", "/api/v1/models/pose?limit=1001"));
  world.expect_problem(400, world.send("GET", "/api/v1/models/pose?cursor=x"));
}

TEST_F(ModelApi, RefusesWhatCannotBeDelivered) {
  refuse(400, {{"variants", nlohmann::json::array()}});
  refuse(400, {{"label", "1.0"}});
  refuse(400, {{"label", "17"}, {"variants", {variant()}}});
  refuse(400, {{"label", "a b"}, {"variants", {variant()}}});
  refuse(400, {{"variants", {variant(), variant("other")}}});
  const std::string missing =
      refuse(400, {{"variants", {{{"hardware_class", "cam"}, {"image", std::string(64, 'a')}}}}});
  EXPECT_NE(missing.find("variants[0].image"), std::string::npos) << missing;
  nlohmann::json large = variant();
  large["golden"] = world.store_artifact(std::string(kMaxGolden + 1, 'g'));
  const std::string golden = refuse(400, {{"variants", {large}}});
  EXPECT_NE(golden.find(std::to_string(kMaxGolden)), std::string::npos) << golden;
  nlohmann::json elsewhere = variant();
  elsewhere["hardware_class"] = "mic";
  refuse(404, {{"variants", {elsewhere}}});
  world.expect_problem(
      400, world.send("POST", "/api/v1/models/Pose/versions", {{"variants", {variant()}}}));
  EXPECT_TRUE(world.plane.models().empty());
}

TEST_F(ModelApi, AnImageLargerThanTheSlotIsRefusedWithBothNumbers) {
  world.expect(200, world.send("PUT", "/api/v1/classes/cam", {{"slot_size", 4096}}));
  const std::string text = world.expect_problem(
      400, world.send("POST", kPath, {{"variants", {variant(std::string(5000, 'x'))}}}));
  EXPECT_NE(text.find("5000"), std::string::npos) << text;
  EXPECT_NE(text.find("4096"), std::string::npos) << text;
}

TEST_F(ModelApi, WithoutAReleaseKeyVersionsAreDrafts) {
  world.around.release_signer = nullptr;
  world.api = std::make_unique<controller::api::Api>(world.around);
  const auto version = world.expect(201, world.send("POST", kPath, {{"variants", {variant()}}}));
  EXPECT_TRUE(version["variants"][0]["release_digest"].is_null());
}

TEST_F(ModelApi, UploadsAskFirstAndAreNamedAfterwards) {
  controller::api::Request request;
  request.method = "POST";
  request.path = "/api/v1/artifacts";
  request.authorization = "Bearer " + world.tokens["viewer"];
  request.body_follows = true;
  world.expect_problem(403, world.send(request));
  request.authorization = "Bearer " + world.tokens["publisher"];
  EXPECT_EQ(world.send(request).status, controller::api::kProceed);
  request.body_follows = false;
  world.expect_problem(400, world.send(request));
  request.upload = controller::api::Upload{world.hasher.of("x"), 1};
  const auto stored = world.expect(201, world.send(request));
  EXPECT_EQ(stored["size"], 1);
  EXPECT_EQ(stored["digest"], to_hex(world.hasher.of("x")).view());
}

}  // namespace
}  // namespace flotilla::testing
