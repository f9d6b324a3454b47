#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/fleet/process.h"

namespace flotilla::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// `flotilla-sim load` with its real broker, controller and devices.
class Load : public testing::Test {
 protected:
  void SetUp() override {
    char scratch[] = "/tmp/flotilla-load-test-XXXXXX";
    folder = mkdtemp(scratch);
  }
  void TearDown() override { fs::remove_all(folder); }

  CommandResult load(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {std::string(FLOTILLA_BIN_DIR) + "/flotilla-sim", "load"});
    return run(arguments, {{"TMPDIR", folder.string()}}, 240);
  }
  static std::string slurp(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  /// Nothing of a run stays: folders go with it, and processes have their output there.
  size_t left_behind() {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) count += entry.is_directory();
    return count;
  }

  fs::path folder;
};

TEST_F(Load, FiftyDevicesComeToAnEndTwiceAndComeBackAfterTheBrokerDied) {
  const std::string json = folder / "report.json";
  const std::string page = folder / "report.html";
  const CommandResult result = load({"--devices",
                                     "50",
                                     "--classes",
                                     "2",
                                     "--processes",
                                     "2",
                                     "--canary",
                                     "100",
                                     "--revert",
                                     "10",
                                     "--ramp",
                                     "1",
                                     "--image-kib",
                                     "16",
                                     "--minutes",
                                     "3",
                                     "--reconnect-window",
                                     "4",
                                     "--restart-broker",
                                     "1",
                                     "--down",
                                     "0.2",
                                     "--json",
                                     json,
                                     "--report",
                                     page});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("50 of 50"));

  const auto report = nlohmann::json::parse(slurp(json));
  EXPECT_EQ(report["ending"], "complete");
  for (const auto& phase : report["phases"]) {
    EXPECT_EQ(phase["state"], "completed") << phase["name"];
    EXPECT_GT(phase["confirmed_ms"]["p50"], 0) << phase["name"];
    EXPECT_GT(phase["chunk_bytes"], 0) << phase["name"];
  }
  EXPECT_EQ(report["phases"][0]["reached"]["confirmed"], 50);
  const auto& update = report["phases"][1]["reached"];
  EXPECT_GT(update.value("reverted", 0), 0) << update;
  EXPECT_EQ(update.value("confirmed", 0) + update.value("reverted", 0), 50) << update;
  EXPECT_LT(report["phases"][1]["chunk_bytes"], report["phases"][0]["chunk_bytes"])
      << "the update is a delta";
  EXPECT_EQ(report["herd"]["devices"], 50);
  EXPECT_EQ(report["herd"]["back"], 50);
  EXPECT_EQ(report["herd"]["wasted"], 0);
  EXPECT_GT(report["samples"].size(), 5u);
  EXPECT_THAT(slurp(page), HasSubstr("Fleet completion"));
  EXPECT_EQ(left_behind(), 0u);

  const CommandResult compared = load({"--compare", json, json});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("herd: back"));
}

TEST_F(Load, DevicesConnectByTlsAndAnInterruptedRunReportsWhatItSaw) {
  const std::string json = folder / "report.json";
  const fs::path log = folder / "log";
  Process process({std::string(FLOTILLA_BIN_DIR) + "/flotilla-sim", "load", "--devices", "10",
                   "--tls", "--ramp", "1", "--image-kib", "8", "--json", json},
                  log, {{"TMPDIR", folder.string()}});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (slurp(log).find("10 of 10 connected") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << slurp(log);
    poll(nullptr, 0, 50);
  }
  EXPECT_EQ(process.stop(), 1) << slurp(log);
  const auto report = nlohmann::json::parse(slurp(json));
  EXPECT_EQ(report["ending"], "interrupted");
  EXPECT_EQ(report["transport"], "TLS");
  EXPECT_EQ(report["samples"].back()["connected"], 10);
  EXPECT_EQ(report["wasted"], 0);
  EXPECT_EQ(left_behind(), 0u);
}

TEST_F(Load, TimeIsBoundedAndTheReportIsWrittenAnyway) {
  const std::string json = folder / "report.json";
  const CommandResult result =
      load({"--devices", "20", "--minutes", "0.05", "--ramp", "60", "--json", json});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("time was up"));
  EXPECT_EQ(nlohmann::json::parse(slurp(json))["devices"], 20);
  EXPECT_EQ(left_behind(), 0u);
}

TEST_F(Load, BadArgumentsAreRefusedBeforeAnythingStarts) {
  EXPECT_EQ(load({"--devices", "none"}).exit_code, 2);
  const CommandResult foreign =
      load({"--broker", "10.0.0.1:1883", "--controller", "http://10.0.0.1:8600"});
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_THAT(foreign.err, HasSubstr("--confirm 10.0.0.1:1883"));
  const CommandResult unwritable = load({"--devices", "1", "--json", "/nowhere/report.json"});
  EXPECT_EQ(unwritable.exit_code, 2);
  EXPECT_THAT(unwritable.err, HasSubstr("cannot write /nowhere/report.json"));
  EXPECT_EQ(load({"--compare", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(load({"--compare", "/nowhere", "/nowhere"}).exit_code, 2);
  EXPECT_EQ(left_behind(), 0u);
}

}  // namespace
}  // namespace flotilla::test
