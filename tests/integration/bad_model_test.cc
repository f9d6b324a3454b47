#include <gtest/gtest.h>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

/// A fleet on version 1, about to meet a bad version 2.
class BadModel : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    for (const char* id : kDevices) {
      plant.add_device({.id = id});
      plant.start_device(id);
    }
    plant.eventually_all_report({"cam-01", "cam-02", "cam-03"});
    plant.make_model("v1", 1, 128);
    plant.tune_model("v1", "v2", 2);
    ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
    ASSERT_EQ(roll("1.0", "100%").exit_code, 0);
  }

  CommandResult roll(const std::string& label, const std::string& canary) {
    return plant.flotilla({"rollout", "start", "linear", label, "--canary", canary, "--soak", "1",
                           "--healthy-for", "2", "--trial-deadline", "20", "--watch"},
                          120);
  }

  void expect_halted_and_back(const std::string& reason) {
    EXPECT_EQ(plant.rollout_state(2), "rolled_back");
    int refused = 0;
    for (const auto& row : plant.rows({"rollout", "show", "2"}, "assignments")) {
      if (row.value("reason", "") == reason) ++refused;
    }
    EXPECT_EQ(refused, 1) << "only the canary may have met the bad version";
    for (const char* id : kDevices) EXPECT_EQ(plant.active_digest(id), plant.digest_of("v1")) << id;
  }

  static constexpr const char* kDevices[] = {"cam-01", "cam-02", "cam-03"};
  Plant plant;
};

TEST_F(BadModel, WrongWeightsFailTheSelfTestOnTheCanaryOnly) {
  plant.spoil_model("v2", "bad", "all");
  ASSERT_EQ(plant.push("bad", "cam-npu", "2.0", "v2").exit_code, 0);
  EXPECT_EQ(roll("2.0", "1").exit_code, 3);
  expect_halted_and_back("self_test_failed");
}

TEST_F(BadModel, WhatGoldenVectorsDoNotSeeFailsTheHealthPeriod) {
  plant.spoil_model("v2", "bad", "field");
  ASSERT_EQ(plant.push("bad", "cam-npu", "2.0", "v2").exit_code, 0);
  EXPECT_EQ(roll("2.0", "1").exit_code, 3);
  expect_halted_and_back("unhealthy");
}

TEST_F(BadModel, AfterwardsAGoodVersionStillGoesThrough) {
  plant.spoil_model("v2", "bad", "all");
  ASSERT_EQ(plant.push("bad", "cam-npu", "2.0", "v2").exit_code, 0);
  EXPECT_EQ(roll("2.0", "1").exit_code, 3);
  ASSERT_EQ(plant.push("v2", "cam-npu", "2.1").exit_code, 0);
  const CommandResult good = roll("2.1", "1");
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  for (const char* id : kDevices) EXPECT_EQ(plant.active_digest(id), plant.digest_of("v2")) << id;
}

}  // namespace
}  // namespace flotilla::test
