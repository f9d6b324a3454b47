#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "schemas/base/prng.h"
#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

constexpr const char* kDevices[] = {"cam-01", "cam-02", "cam-03"};

uint64_t seed_of_this_run() {
  const char* given = std::getenv("FLOTILLA_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// Kills the broker, the controller or a device with SIGKILL at random moments of a rollout and
/// starts it again at once. Whatever was hit, the fleet must end on version 2.
class Kill : public testing::Test {
 protected:
  void SetUp() override {
    seed = seed_of_this_run();
    std::cout << "FLOTILLA_SEED=" << seed << std::endl;
    plant.start_broker();
    plant.start_controller();
    for (const char* id : kDevices) {
      plant.add_device({.id = id});
      plant.start_device(id);
    }
    plant.eventually_all_report({"cam-01", "cam-02", "cam-03"});
    plant.make_model("v1", 1, 1024);
    plant.make_model("v2", 2, 1024);  // unrelated: many chunks
    ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
    ASSERT_EQ(start("1.0", "--watch").exit_code, 0);
    ASSERT_EQ(plant.push("v2", "cam-npu", "2.0").exit_code, 0);
  }

  CommandResult start(const std::string& label, const std::string& last) {
    return plant.flotilla(
        {"rollout", "start", "linear", label, "--canary", "1", "--soak", "1", "--healthy-for", "1",
         "--trial-deadline", "60", "--attempts", "16", last},
        120);
  }

  void kill_and_restart(uint32_t victim) {
    if (victim == 0) {
      std::cout << "kill broker" << std::endl;
      plant.kill_broker();
      plant.start_broker();
    } else if (victim == 1) {
      std::cout << "kill controller" << std::endl;
      plant.kill_controller();
      plant.start_controller();
    } else {
      std::cout << "kill " << kDevices[victim - 2] << std::endl;
      plant.kill_device(kDevices[victim - 2]);
      plant.start_device(kDevices[victim - 2]);
    }
  }

  void expect_version_2_everywhere() {
    plant.eventually("the rollout completes", 180,
                     [&] { return plant.rollout_state(2) == "completed"; });
    const std::string digest = plant.digest_of("v2");
    for (const char* id : kDevices) {
      EXPECT_EQ(plant.active_digest(id), digest) << id;
      EXPECT_EQ(plant.device_model(id).value("active_digest", ""), digest) << id;
    }
  }

  void expect_gap_free_audit() {
    const nlohmann::json audit = plant.query({"audit", "list", "--last", "1000"});
    uint64_t expected = 0;
    for (const auto& entry : audit["entries"]) {
      const uint64_t number = entry.value("number", uint64_t{0});
      if (expected != 0) {
        EXPECT_EQ(number, expected);
      }
      expected = number + 1;
    }
    EXPECT_GT(expected, 5u);
  }

  uint64_t seed = 0;
  Plant plant;
};

TEST_F(Kill, AnyProcessAtRandomMoments) {
  Prng prng = Prng(seed).split("kills");
  ASSERT_EQ(start("2.0", "--json").exit_code, 0);
  for (int i = 0; i < 10 && plant.rollout_state(2) != "completed"; ++i) {
    const int pause_ms = static_cast<int>(prng.below(1500));
    const uint32_t victim = prng.below(5);
    std::cout << "after " << pause_ms << " ms: ";
    poll(nullptr, 0, pause_ms);  // the random moment, not a wait for something
    kill_and_restart(victim);
  }
  expect_version_2_everywhere();
  expect_gap_free_audit();
}

TEST_F(Kill, TheBrokerForgetsEverythingInTheMiddle) {
  ASSERT_EQ(start("2.0", "--json").exit_code, 0);
  plant.eventually("a device has received chunks", 60, [&] {
    for (const char* id : kDevices) {
      const nlohmann::json known = plant.device_model(id);
      if (known.value("state", "") == "transferring" || known.value("chunks_done", 0) > 0)
        return true;
    }
    return plant.rollout_state(2) == "completed";
  });
  plant.kill_broker();  // persistence is off: nothing retained survives
  plant.start_broker();
  expect_version_2_everywhere();
}

}  // namespace
}  // namespace flotilla::test
