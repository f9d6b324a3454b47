// Delta-aware versions from the command line to a device.

#include <gtest/gtest.h>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

class DeltaAware : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.add_device({.id = "cam-01"});
    plant.start_device("cam-01");
    plant.make_model(kOld, 1, 256);
    plant.tune_model(kOld, kNew, 2);
    plant.eventually_all_report({"cam-01"});
    ASSERT_EQ(plant.push(kOld, "cam-npu", "1.0").exit_code, 0);
    EXPECT_EQ(roll("1.0"), 0);
  }

  /// The exit code of a watched rollout.
  int roll(const std::string& label) {
    return plant
        .flotilla({"rollout", "start", "linear", label, "--canary", "1", "--soak", "1",
                   "--healthy-for", "1", "--trial-deadline", "60", "--watch"},
                  120)
        .exit_code;
  }
  CommandResult release(const std::string& version, std::vector<std::string> more) {
    more.insert(more.begin(), {"model", "release", "linear", version});
    return plant.flotilla(more);
  }
  nlohmann::json version(const std::string& label) {
    return plant.query({"model", "show", "linear", label});
  }

  static constexpr const char* kOld = "v1.safetensors";
  static constexpr const char* kNew = "v2.safetensors";
  Plant plant;
};

TEST_F(DeltaAware, ARoundedVersionReachesTheDevice) {
  ASSERT_EQ(plant
                .flotilla({"model", "push", "linear", plant.model(kNew), "--class", "cam-npu",
                           "--label", "2.0"})
                .exit_code,
            0);
  const CommandResult made = release("2.0", {"--delta-aware", "0.5", "--base", "1.0"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("label 2.0-rounded: version 2 rounded for base 1, step 0.5"),
            std::string::npos)
      << made.out;
  EXPECT_NE(made.out.find("OF CHANGE"), std::string::npos) << made.out;
  const nlohmann::json exact = version("2.0");
  const nlohmann::json rounded = version("2.0-rounded");
  EXPECT_EQ(rounded["version"], 3);
  EXPECT_EQ(rounded["lineage"]["rounded_from"], 2);
  EXPECT_EQ(rounded["variants"][0]["image_size"], exact["variants"][0]["image_size"]);
  EXPECT_NE(rounded["variants"][0]["image_digest"], exact["variants"][0]["image_digest"]);
  EXPECT_TRUE(exact["lineage"].is_null());
  const CommandResult shown = plant.flotilla({"model", "show", "linear"});
  EXPECT_NE(shown.out.find("version 2 rounded for base 1"), std::string::npos) << shown.out;
  const CommandResult audit = plant.flotilla({"audit", "list", "--last", "5"});
  EXPECT_NE(audit.out.find("version 2 rounded for base 1, step 0.5"), std::string::npos)
      << audit.out;

  ASSERT_EQ(roll("2.0-rounded"), 0);
  const std::string digest = rounded["variants"][0]["image_digest"];
  EXPECT_EQ(plant.active_digest("cam-01"), digest);
  EXPECT_TRUE(plant.eventually("the device is confirmed on it", 30, [&] {
    const nlohmann::json known = plant.device_model("cam-01");
    return known.value("active_digest", "") == digest && known.value("state", "") == "confirmed";
  }));
  // A quarter of the weights moved, which takes half of the file when it must be exact.
  for (const auto& row : plant.rows({"rollout", "show", "2"}, "assignments")) {
    EXPECT_LT(row.value("bytes_received", uint64_t{1} << 20), 256 * 1024 / 4) << row;
  }
}

TEST_F(DeltaAware, TheFileIsTheOneThatDeltaWrites) {
  ASSERT_EQ(plant.push(kNew, "cam-npu", "2.0").exit_code, 0);
  ASSERT_EQ(release("2", {"--delta-aware", "0.25", "--base", "1", "--as", "light"}).exit_code, 0);
  const CommandResult written = plant.flotilla(
      {"model", "delta", plant.model(kOld), plant.model(kNew), "--output", plant.folder() / "d",
       "--delta-aware", "0.25", "--write-new", plant.model("rounded")});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  EXPECT_EQ(version("light")["variants"][0]["image_digest"], plant.digest_of("rounded"));
}

TEST_F(DeltaAware, GoldenVectorsOfTheOriginJudgeIt) {
  // Their tolerance is a millionth, which no rounded weights reach.
  ASSERT_EQ(plant.push(kNew, "cam-npu", "2.0").exit_code, 0);
  ASSERT_EQ(release("2.0", {"--delta-aware", "1", "--base", "1.0"}).exit_code, 0);
  EXPECT_EQ(roll("2.0-rounded"), 3);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of(kOld));
}

TEST_F(DeltaAware, WhatCannotBeDoneIsRefused) {
  plant.make_model("bytes", 3, 64);  // in a format that no reader knows
  ASSERT_EQ(plant.push(kNew, "cam-npu", "2.0").exit_code, 0);
  ASSERT_EQ(plant.push("bytes", "cam-npu", "3.0").exit_code, 0);
  const auto refused = [&](const std::string& version, std::vector<std::string> more,
                           const std::string& word) {
    const CommandResult result = release(version, std::move(more));
    EXPECT_EQ(result.exit_code, 1) << result.out;
    EXPECT_NE(result.err.find(word), std::string::npos) << result.err;
  };
  refused("2.0", {"--delta-aware", "0", "--base", "1.0"}, "step");
  refused("2.0", {"--delta-aware", "-1", "--base", "1.0"}, "step");
  refused("2.0", {"--delta-aware", "1e9", "--base", "1.0"}, "step");
  refused("2.0", {"--delta-aware", "nan", "--base", "1.0"}, "step");
  refused("2.0", {"--delta-aware", "0.5", "--base", "7.0"}, "no version '7.0'");
  refused("7.0", {"--delta-aware", "0.5", "--base", "1.0"}, "7.0");
  refused("2.0", {"--delta-aware", "0.5", "--base", "2"}, "its own base");
  refused("3.0", {"--delta-aware", "0.5", "--base", "1.0"}, "no float tensor was found");
  refused("2.0", {"--delta-aware", "0.5", "--base", "1.0", "--as", "1.0"}, "already");
  EXPECT_EQ(release("2.0", {"--delta-aware", "much", "--base", "1.0"}).exit_code, 2);
  EXPECT_EQ(release("2.0", {"--base", "1.0"}).exit_code, 2);
  EXPECT_EQ(plant.rows({"model", "show", "linear"}, "versions").size(), 3u);
}

}  // namespace
}  // namespace flotilla::test
