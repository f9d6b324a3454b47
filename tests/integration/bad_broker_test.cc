#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/fleet/plant.h"

/// A broker in the wrong hands: what it serves is refused, and the truth still gets through.
namespace flotilla::test {
namespace {

constexpr char kDirectiveTopic[] = "plant/test/v1/c/cam-npu/linear/dir";

class BadBroker : public ::testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.make_model("v1", 1, 128);
    plant.tune_model("v1", "v2", 2);
    for (const char* id : {"cam-01", "mic-01"}) {
      const bool camera = std::string(id) == "cam-01";
      plant.add_device({.id = id, .hardware_class = camera ? "cam-npu" : "mic-dsp"});
      plant.start_device(id);
    }
    plant.eventually_all_report({"cam-01", "mic-01"});
  }

  CommandResult roll(const std::string& label, bool watch = true) {
    std::vector<std::string> arguments = {
        "rollout", "start",         "linear", label,    "--class", "cam-npu",          "--canary",
        "100%",    "--healthy-for", "1",      "--soak", "1",       "--trial-deadline", "30"};
    if (watch) arguments.push_back("--watch");
    return plant.flotilla(arguments, 120);
  }

  /// What a device's identity finds retained.
  std::string retained(const std::string& identity, const std::string& topic) {
    return plant.mosquitto("mosquitto_sub", identity, {"-t", topic, "-C", "1", "-W", "10", "-N"})
        .out;
  }

  /// As if the broker had been taken over; the controller must not run.
  void serve(const std::string& topic, const std::string& payload) {
    const auto file = plant.folder() / "payload";
    std::ofstream(file, std::ios::binary) << payload;
    const CommandResult published = plant.mosquitto("mosquitto_pub", "flotilla.controller",
                                                    {"-t", topic, "-f", file, "-r", "-q", "1"});
    ASSERT_EQ(published.exit_code, 0) << published.err;
  }

  Plant plant;
};

TEST_F(BadBroker, FalseDirectivesChangeNothingAndTheNextTrueOneIsFollowed) {
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  ASSERT_EQ(roll("1.0").exit_code, 0);
  ASSERT_EQ(plant.push("v2", "mic-dsp", "2.0").exit_code, 0);
  ASSERT_EQ(plant.flotilla({"rollout", "start", "linear", "2.0", "--class", "mic-dsp"}).exit_code,
            0);
  plant.eventually("the other class is told", 60,
                   [&] { return plant.rollout_state(2) == "running"; });
  plant.kill_device("mic-01");
  const std::string foreign = retained("mic-01", "plant/test/v1/c/mic-dsp/linear/dir");
  plant.kill_device("cam-01");
  const std::string good = retained("cam-01", kDirectiveTopic);
  ASSERT_GT(good.size(), 200u);
  ASSERT_GT(foreign.size(), 200u);
  plant.start_device("cam-01");
  plant.kill_controller();

  std::string forged = good;
  forged[forged.size() / 2] ^= 1;
  for (const std::string& bad :
       {std::string("garbage"), good.substr(0, good.size() / 2), good + std::string(20'000, 'x'),
        std::string(60'000, '\xff'), forged, foreign}) {
    serve(kDirectiveTopic, bad);
  }
  plant.eventually("the device's log says what it refused", 30, [&] {
    std::ifstream in(plant.log("cam-01"));
    const std::string text(std::istreambuf_iterator<char>(in), {});
    return text.find("messages_refused") != std::string::npos;
  });
  plant.kill_device("cam-01");
  plant.start_device("cam-01");  // and finds the last of them retained
  plant.start_controller();
  plant.eventually("the device reports after its restart", 60, [&] {
    return plant.query({"device", "show", "cam-01"}).value("boot_count", 0) >= 3;
  });
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
  ASSERT_EQ(plant.push("v2", "cam-npu", "3.0").exit_code, 0);
  EXPECT_EQ(roll("3.0").exit_code, 0);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v2"));
}

TEST_F(BadBroker, SpoiltChunksAreRefusedAndMendedByTheController) {
  plant.kill_device("cam-01");
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  ASSERT_EQ(roll("1.0", false).exit_code, 0);
  plant.eventually("the payload is at rest", 60,
                   [&] { return plant.rollout_state(1) == "running"; });
  const nlohmann::json transfers = plant.rows({"transfer", "list"}, "transfers");
  ASSERT_EQ(transfers.size(), 1u);
  ASSERT_GE(transfers[0].value("chunk_count", 0), 3);
  const std::string base = "plant/test/v1/x/cam-npu/" + transfers[0].value("id", "") + "/0/";
  plant.kill_controller();
  const std::string first = retained("cam-01", base + "0");
  const std::string second = retained("cam-01", base + "1");
  ASSERT_GT(first.size(), 200u);
  serve(base + "0", second);  // another index
  serve(base + "1", second.substr(0, second.size() - 40));
  std::string flipped = retained("cam-01", base + "2");
  flipped[flipped.size() / 2] ^= 1;
  serve(base + "2", flipped);
  plant.start_device("cam-01");
  plant.start_controller();
  plant.eventually("the rollout completes", 120,
                   [&] { return plant.rollout_state(1) == "completed"; });
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
}

}  // namespace
}  // namespace flotilla::test
