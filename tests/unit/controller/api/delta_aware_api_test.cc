// Delta-aware versions over the API; the rounding itself is a fake.

#include <gtest/gtest.h>

#include <map>

#include "controller/domain/bounds.h"
#include "schemas/wire/wire.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

/// Rounds a text by writing "rounded" before it, when it is told to.
class FakeRounder final : public controller::api::UpdateRounder {
 public:
  explicit FakeRounder(FakeArtifacts& artifacts) : artifacts_(artifacts) {}

  controller::api::RoundingState ask(const controller::api::RoundOrder& order) override {
    orders.push_back(order);
    controller::api::RoundingState state;
    state.progress = {"rounding", 3, 10};
    state.failure = failure;
    if (working || !failure.ok()) return state;
    auto image = std::make_shared<controller::api::RoundedImage>();
    const std::string text = "rounded " + artifacts_.files.at(order.image);
    image->digest = artifacts_.put(text);
    image->size = text.size();
    image->tensors = losses;
    image->whole.relative_l2 = 0.0123456789;
    image->kept = 7;
    state.image = std::move(image);
    return state;
  }

  bool working = false;
  Status failure;
  std::vector<controller::TensorLoss> losses = {{"conv", "float16", 4096, 0.01, 0.2, 0.07}};
  std::vector<controller::api::RoundOrder> orders;

 private:
  FakeArtifacts& artifacts_;
};

class DeltaAwareApi : public ::testing::Test {
 protected:
  DeltaAwareApi() {
    world.around.rounder = &rounder;
    world.api = std::make_unique<controller::api::Api>(world.around);
    world.define_class("cam");
    world.define_class("mic");
    push("1.0", {"cam", "mic"});
    push("2.0", {"cam", "mic"});
  }

  void push(const std::string& label, const std::vector<std::string>& classes) {
    nlohmann::json variants = nlohmann::json::array();
    for (const std::string& name : classes) {
      variants.push_back({{"hardware_class", name},
                          {"image", world.store_artifact(name + label)},
                          {"golden", world.store_artifact("golden " + name + label)},
                          {"runtime", "onnx"},
                          {"security_counter", 5}});
    }
    world.expect(201, world.send("POST", kPath, {{"label", label}, {"variants", variants}}));
  }

  controller::api::Response release(const nlohmann::json& body, const std::string& version = "2.0",
                                    const std::string& role = "publisher") {
    return world.send("POST", kPath + ("/" + version) + "/delta-aware", body, role);
  }
  void expect_refused(int status, const nlohmann::json& body, const std::string& word) {
    const std::string text = world.expect_problem(status, release(body));
    EXPECT_NE(text.find(word), std::string::npos) << text;
    EXPECT_EQ(world.plane.models().at("pose").size(), 2u);
  }

  static constexpr const char* kPath = "/api/v1/models/pose/versions";
  const nlohmann::json body_ = {{"base", "1.0"}, {"step", 0.25}};
  ApiWorld world;
  FakeRounder rounder{world.artifacts};
};

TEST_F(DeltaAwareApi, MakesANewSignedVersionWithLineage) {
  const auto made = world.expect(201, release(body_));
  EXPECT_EQ(made["version"], 3);
  EXPECT_EQ(made["label"], "2.0-rounded");
  EXPECT_EQ(made["lineage"], (nlohmann::json{{"rounded_from", 2}, {"base", 1}, {"step", 0.25}}));
  ASSERT_EQ(made["variants"].size(), 2u);
  const auto& origin = world.plane.models().at("pose").at(2);
  const auto& version = world.plane.models().at("pose").at(3);
  for (size_t i = 0; i < 2; ++i) {
    const controller::Variant& variant = version.variants[i];
    EXPECT_EQ(world.artifacts.files.at(variant.image_digest),
              "rounded " + variant.hardware_class + "2.0");
    EXPECT_EQ(variant.image_size, 14u);
    EXPECT_EQ(variant.golden_digest, origin.variants[i].golden_digest);
    EXPECT_EQ(variant.security_counter, 5u);
    EXPECT_EQ(variant.runtime, "onnx");
    EXPECT_NE(variant.release_digest, origin.variants[i].release_digest);
  }
  EXPECT_EQ(world.expect(200, world.send("GET", std::string(kPath) + "/2"))["lineage"],
            nlohmann::json());
}

TEST_F(DeltaAwareApi, TheSignedDocumentHasTheErrors) {
  const auto made = world.expect(201, release({{"base", 1}, {"step", 0.5}, {"label", "small"}}));
  EXPECT_EQ(made["label"], "small");
  const auto document = nlohmann::json::parse(made["document"].get<std::string>());
  const auto& facts = document["delta_aware"];
  EXPECT_EQ(facts["version"], 2);
  EXPECT_EQ(facts["label"], "2.0");
  EXPECT_EQ(facts["base"], 1);
  EXPECT_EQ(facts["step"], 0.5);
  ASSERT_EQ(facts["variants"].size(), 2u);
  const auto& cam = facts["variants"][0];
  EXPECT_EQ(cam["hardware_class"], "cam");
  EXPECT_EQ(cam["relative_l2"], 0.0123457);
  EXPECT_EQ(cam["tensors_kept"], 7);
  EXPECT_EQ(cam["tensors"][0]["name"], "conv");
  EXPECT_EQ(cam["tensors"][0]["relative_max"], 0.2);

  const controller::Variant& kept = world.plane.models().at("pose").at(3).variants.at(0);
  std::vector<uint64_t> aligned(kept.release_envelope.size() / 8 + 1);
  std::memcpy(aligned.data(), kept.release_envelope.data(), kept.release_envelope.size());
  const auto manifest = wire::decode_release(
      {reinterpret_cast<const uint8_t*>(aligned.data()), kept.release_envelope.size()});
  ASSERT_TRUE(manifest.ok());
  EXPECT_EQ(manifest.value().value.document_digest,
            world.hasher.of(made["document"].get<std::string>()));
  EXPECT_EQ(manifest.value().value.version, 3u);
  EXPECT_EQ(manifest.value().value.label.view(), "small");
}

TEST_F(DeltaAwareApi, TheAuditLogHasIt) {
  world.expect(201, release(body_));
  const auto entries = world.expect(200, world.send("GET", "/api/v1/audit?limit=100"))["entries"];
  const auto& last = entries.back();
  EXPECT_EQ(last["action"], "version.registered");
  EXPECT_EQ(last["object"], "model/pose/3");
  EXPECT_EQ(last["actor"], "publisher-token");
  EXPECT_NE(last["detail"].get<std::string>().find("version 2 rounded for base 1, step 0.25"),
            std::string::npos)
      << last;
}

TEST_F(DeltaAwareApi, TellsHowFarItIsUntilItIsThere) {
  rounder.working = true;
  const auto progress = world.expect(202, release(body_));
  EXPECT_EQ(progress["hardware_class"], "cam");
  EXPECT_EQ(progress["step"], "rounding");
  EXPECT_EQ(progress["done"], 3);
  EXPECT_EQ(progress["total"], 10);
  EXPECT_EQ(rounder.orders.size(), 2u) << "both classes are worked on together";
  EXPECT_EQ(rounder.orders[0].step_ppm, 250'000u);
  EXPECT_EQ(world.plane.models().at("pose").size(), 2u);
  rounder.working = false;
  world.expect(201, release(body_));
  const std::string again = world.expect_problem(409, release(body_));
  EXPECT_NE(again.find("'2.0-rounded' names a version of pose already"), std::string::npos);
}

TEST_F(DeltaAwareApi, ClassesCanBeChosen) {
  push("3.0", {"cam"});
  const std::string text = world.expect_problem(409, release({{"base", "3.0"}, {"step", 0.25}}));
  EXPECT_NE(text.find("version 3 of pose has no variant for class mic"), std::string::npos) << text;
  const auto made = world.expect(
      201, release({{"base", "3.0"}, {"step", 0.25}, {"hardware_classes", {"cam", "cam"}}}));
  ASSERT_EQ(made["variants"].size(), 1u);
  EXPECT_EQ(made["variants"][0]["hardware_class"], "cam");
}

TEST_F(DeltaAwareApi, RefusesWhatMakesNoSense) {
  expect_refused(400, {{"step", 0.25}}, "base");
  expect_refused(400, {{"base", "1.0"}}, "step");
  for (const nlohmann::json& step : std::vector<nlohmann::json>{
           0, -0.25, 0.0001, 1.5, 1e300, "0.25", nullptr, nlohmann::json::array()}) {
    expect_refused(400, {{"base", "1.0"}, {"step", step}}, "a number from 0.001 to 1");
  }
  expect_refused(404, {{"base", "9.9"}, {"step", 0.25}}, "no version '9.9'");
  expect_refused(400, {{"base", "2.0"}, {"step", 0.25}}, "its own base");
  expect_refused(400, {{"base", 2}, {"step", 0.25}}, "its own base");
  expect_refused(409, {{"base", "1.0"}, {"step", 0.25}, {"label", "1.0"}}, "already");
  expect_refused(400, {{"base", "1.0"}, {"step", 0.25}, {"label", "7"}}, "not digits alone");
  expect_refused(400, {{"base", "1.0"}, {"step", 0.25}, {"stepp", 1}}, "stepp");
  expect_refused(409, {{"base", "1.0"}, {"step", 0.25}, {"hardware_classes", {"gpu"}}}, "gpu");
  expect_refused(400, {{"base", "1.0"}, {"step", 0.25}, {"hardware_classes", {"G P"}}}, "class");
  world.expect_problem(404, release(body_, "9.9"));
  world.expect_problem(403, release(body_, "2.0", "viewer"));
  EXPECT_TRUE(rounder.orders.empty());
}

TEST_F(DeltaAwareApi, FailuresOfTheRoundingAreTold) {
  rounder.failure = {Code::kFailedPrecondition, "no float tensor was found in the new file"};
  expect_refused(409, body_, "class cam: no float tensor was found in the new file");
  rounder.failure = {Code::kUnavailable, "too many updates are being rounded"};
  expect_refused(503, body_, "too many updates");
}

TEST_F(DeltaAwareApi, ServersWithoutWorkersSaySo) {
  world.around.rounder = nullptr;
  world.api = std::make_unique<controller::api::Api>(world.around);
  expect_refused(501, body_, "does not round");
}

TEST_F(DeltaAwareApi, LongReportsKeepTheWorstTensors) {
  rounder.losses.clear();
  for (int i = 0; i < 20'000; ++i) {
    const double loss = i % 100 == 99 ? 0.5 : 0.001;
    rounder.losses.push_back({"tensor " + std::to_string(i), "float32", 4096, loss, 1, 1});
  }
  const auto made = world.expect(201, release(body_));
  const std::string text = made["document"];
  EXPECT_LE(text.size(), controller::kMaxDocument);
  EXPECT_GT(text.size(), controller::kMaxDocument * 9 / 10);
  const auto cam = nlohmann::json::parse(text)["delta_aware"]["variants"][0];
  EXPECT_EQ(cam["tensors_rounded"], 20'000);
  size_t bad = 0;
  for (const auto& tensor : cam["tensors"]) bad += tensor["relative_l2"] == 0.5 ? 1 : 0;
  EXPECT_EQ(bad, 200u);
}

}  // namespace
}  // namespace flotilla::testing
