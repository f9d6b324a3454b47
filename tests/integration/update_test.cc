#include <gtest/gtest.h>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

/// Two classes, four devices, nothing installed.
class Update : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    for (const char* id : {"cam-01", "cam-02", "cam-03"}) plant.add_device({.id = id});
    plant.add_device({.id = "mic-01", .hardware_class = "mic-dsp"});
    for (const char* id : {"cam-01", "cam-02", "cam-03", "mic-01"}) plant.start_device(id);
    plant.eventually_all_report({"cam-01", "cam-02", "cam-03", "mic-01"});
  }

  /// Starts a rollout and waits for its end.
  void roll(const std::string& label, const std::string& canary) {
    const CommandResult result =
        plant.flotilla({"rollout", "start", "linear", label, "--canary", canary, "--soak", "1",
                        "--healthy-for", "1", "--trial-deadline", "60", "--watch"},
                       120);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }

  void expect_everywhere(const std::string& model, std::initializer_list<const char*> ids) {
    const std::string digest = plant.digest_of(model);
    for (const char* id : ids) {
      EXPECT_EQ(plant.active_digest(id), digest) << id;
      plant.eventually(std::string(id) + " is known as confirmed", 30, [&] {
        const nlohmann::json known = plant.device_model(id);
        return known.value("active_digest", "") == digest &&
               known.value("state", "") == "confirmed";
      });
    }
  }

  Plant plant;
};

TEST_F(Update, TwoVersionsReachEveryDeviceOfTheClassAndNoOther) {
  plant.make_model("v1", 1, 256);
  plant.tune_model("v1", "v2", 2);
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  roll("1.0", "100%");
  expect_everywhere("v1", {"cam-01", "cam-02", "cam-03"});
  EXPECT_EQ(plant.active_digest("mic-01"), "") << "another class was touched";

  ASSERT_EQ(plant.push("v2", "cam-npu", "2.0").exit_code, 0);
  roll("2.0", "1");
  expect_everywhere("v2", {"cam-01", "cam-02", "cam-03"});
}

TEST_F(Update, ADeltaIsUsedWhenItIsWorthIt) {
  plant.make_model("v1", 1, 256);
  plant.tune_model("v1", "near", 2);
  plant.make_model("far", 99, 256);
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  roll("1.0", "100%");

  ASSERT_EQ(plant.push("near", "cam-npu", "2.0").exit_code, 0);
  roll("2.0", "100%");
  // A quarter of the weights moved: the delta wins, and devices receive little more than it.
  const uint64_t image = 256 * 1024;
  for (const auto& row : plant.rows({"rollout", "show", "2"}, "assignments")) {
    EXPECT_LT(row.value("bytes_received", image), image * 6 / 10) << row;
  }

  ASSERT_EQ(plant.push("far", "cam-npu", "3.0").exit_code, 0);
  roll("3.0", "100%");
  // Unrelated weights: no delta, so the full payload.
  for (const auto& row : plant.rows({"rollout", "show", "3"}, "assignments")) {
    EXPECT_GT(row.value("bytes_received", uint64_t{0}), image * 8 / 10) << row;
  }
  expect_everywhere("far", {"cam-01", "cam-02", "cam-03"});
}

TEST_F(Update, OperatorHoldsResumesAndRollsBack) {
  plant.make_model("v1", 1, 256);
  plant.tune_model("v1", "v2", 2);
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  roll("1.0", "100%");
  ASSERT_EQ(plant.push("v2", "cam-npu", "2.0").exit_code, 0);
  roll("2.0", "100%");
  expect_everywhere("v2", {"cam-01", "cam-02", "cam-03"});

  const CommandResult rolled = plant.flotilla({"rollout", "rollback", "2"});
  EXPECT_EQ(rolled.exit_code, 0) << rolled.err;
  plant.eventually("the rollout is rolled back", 60,
                   [&] { return plant.rollout_state(2) == "rolled_back"; });
  expect_everywhere("v1", {"cam-01", "cam-02", "cam-03"});

  const CommandResult again = plant.flotilla({"rollout", "hold", "2"});
  EXPECT_EQ(again.exit_code, 1) << "a rollout that is over cannot be held";
  EXPECT_NE(again.err.find("rolled_back"), std::string::npos) << again.err;
}

}  // namespace
}  // namespace flotilla::test
