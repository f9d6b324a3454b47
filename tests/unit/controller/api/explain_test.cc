#include "controller/api/explain.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/api/api_world.h"

namespace flotilla::testing {
namespace {

class Explain : public ::testing::Test {
 protected:
  nlohmann::json why(const std::string& id) {
    return world.expect(200, world.send("GET", "/api/v1/devices/" + id + "/why"));
  }

  void report(const std::string& id, const std::string& claimed_class, UpdateState state,
              Reason reason) {
    controller::StateReported event;
    event.device = id;
    event.report.device = DeviceId(id);
    event.report.hardware_class = Name(claimed_class);
    event.report.order = {1, 1, ++seq_};
    ModelState model;
    model.model = Name("pose");
    model.state = state;
    model.reason = reason;
    ASSERT_TRUE(event.report.models.push_back(model));
    const auto result = world.plane.step(event, {"device:" + id, "device"}, world.now);
    ASSERT_TRUE(world.store.commit(result.writes).ok());
  }

  ApiWorld world;

 private:
  uint64_t seq_ = 0;
};

TEST_F(Explain, ASilentDevice) {
  world.enrol("d1", "cam");
  const auto told = why("d1");
  EXPECT_EQ(told["summary"], "the device has never reported");
  EXPECT_NE(told["remedy"].get<std::string>().find("d1"), std::string::npos);
}

TEST_F(Explain, ARetiredDevice) {
  world.enrol("d1", "cam");
  world.expect(200, world.send("DELETE", "/api/v1/devices/d1"));
  EXPECT_EQ(why("d1")["summary"], "the device is retired");
}

TEST_F(Explain, ADeviceThatClaimsAnotherClassIsToldWithBoth) {
  world.enrol("d1", "cam-npu");
  report("d1", "mic-dsp", UpdateState::kIdle, Reason::kNone);
  const std::string text = why("d1").dump();
  EXPECT_NE(text.find("cam-npu"), std::string::npos);
  EXPECT_NE(text.find("mic-dsp"), std::string::npos);
}

TEST_F(Explain, ADeviceForWhichNothingWasOrdered) {
  world.enrol("d1", "cam");
  world.push("pose", "cam", "1.0");
  report("d1", "cam", UpdateState::kIdle, Reason::kNone);
  const auto told = why("d1");
  EXPECT_EQ(told["models"][0]["model"], "pose");
  EXPECT_EQ(told["summary"], "nothing was ordered for d1");
}

TEST_F(Explain, WhatADeviceSaysIsPutIntoWords) {
  world.enrol("d1", "cam");
  world.push("pose", "cam", "1.0");
  report("d1", "cam", UpdateState::kRejected, Reason::kImageTooLarge);
  const std::string facts = why("d1")["models"][0]["facts"].dump();
  EXPECT_NE(facts.find("does not fit the device's slot"), std::string::npos) << facts;
}

TEST_F(Explain, APayloadThatTheBrokerRefuses) {
  world.enrol("d1", "cam");
  world.push("pose", "cam", "1.0");
  world.expect(201,
               world.send("POST", "/api/v1/rollouts", {{"model", "pose"}, {"version", "1.0"}}));
  report("d1", "cam", UpdateState::kIdle, Reason::kNone);
  EXPECT_EQ(why("d1")["summary"], "rollout 1 is being prepared");
  const auto step = [&](const controller::Event& event) {
    const auto result = world.plane.step(event, {"controller", "controller"}, world.now);
    ASSERT_TRUE(world.store.commit(result.writes).ok());
  };
  controller::TransfersBuilt built;
  built.rollout = 1;
  built.hardware_class = "cam";
  built.transfers.resize(1);
  built.transfers[0].id = 5;
  built.transfers[0].model = "pose";
  built.transfers[0].hardware_class = "cam";
  built.transfers[0].release_digest = world.plane.rollouts().at(1).targets[0].release_digest;
  step(built);
  step(controller::TransferRefused{5, "chunk refused: not authorized", false});
  const auto told = why("d1");
  EXPECT_NE(told["summary"].get<std::string>().find("rollout 1 cannot begin: payload "),
            std::string::npos);
  EXPECT_NE(told["summary"].get<std::string>().find("not authorized"), std::string::npos);
  EXPECT_NE(told["remedy"].get<std::string>().find("flotilla rollout resume 1"), std::string::npos);
  const auto shown = world.expect(200, world.send("GET", "/api/v1/rollouts/1"));
  EXPECT_NE(shown["state_reason"].get<std::string>().find("not authorized"), std::string::npos);
  EXPECT_NE(shown["classes"][0]["trouble"].get<std::string>().find("not authorized"),
            std::string::npos);
  const auto transfers = world.expect(200, world.send("GET", "/api/v1/transfers"));
  EXPECT_EQ(transfers["transfers"][0]["trouble"], "chunk refused: not authorized");
}

TEST_F(Explain, TwoDevicesWithOneId) {
  world.enrol("d1", "cam");
  const auto result = [&](uint64_t incarnation, uint64_t seq) {
    controller::StateReported event;
    event.device = "d1";
    event.report.device = DeviceId("d1");
    event.report.hardware_class = Name("cam");
    event.report.order = {incarnation, 1, seq};
    const auto step = world.plane.step(event, {"device:d1", "device"}, world.now);
    EXPECT_TRUE(world.store.commit(step.writes).ok());
  };
  for (uint64_t seq = 1; seq < 6; ++seq) result(1 + seq % 2, seq);
  EXPECT_EQ(why("d1")["summary"], "two devices use the id d1 in turn");
}

}  // namespace
}  // namespace flotilla::testing
