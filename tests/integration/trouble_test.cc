#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/fleet/plant.h"
#include "tests/support/small_disk.h"

/// What keeps the controller from its work: the rollout or the command says so, nothing is lost,
/// and it goes on when the cause is gone.
namespace flotilla::test {
namespace {

namespace fs = std::filesystem;

class Trouble : public ::testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.make_model("v1", 1, 128);
    plant.tune_model("v1", "v2", 2);
  }

  void add(const std::string& id) {
    plant.add_device({.id = id});
    plant.start_device(id);
    plant.eventually_all_report({id});
  }

  CommandResult start(const std::string& label, bool watch = false) {
    std::vector<std::string> arguments = {"rollout",       "start", "linear",           label,
                                          "--canary",      "100%",  "--soak",           "1",
                                          "--healthy-for", "1",     "--trial-deadline", "30"};
    if (watch) arguments.push_back("--watch");
    return plant.flotilla(arguments, 120);
  }

  std::string reason(int rollout) {
    const nlohmann::json shown = plant.query({"rollout", "show", std::to_string(rollout)});
    return shown.is_object() ? shown.value("state_reason", "") : "";
  }

  void expect_completed(int rollout) {
    plant.eventually("the rollout completes", 90,
                     [&] { return plant.rollout_state(rollout) == "completed"; });
  }

  Plant plant;
};

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Puts `text` in the place of the broker's rights and has it read them.
void replace_rights(const Plant& plant, const std::string& text) {
  std::ofstream(plant.folder() / "acl") << text;
  const pid_t broker = std::stoi(read_text(plant.folder() / "broker/mosquitto.pid"));
  ASSERT_EQ(kill(broker, SIGHUP), 0);
}

TEST_F(Trouble, ABrokerThatForbidsThePayloadsIsSaidAndTheRolloutGoesOn) {
  add("cam-01");
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  const std::string rights = read_text(plant.folder() / "acl");
  std::string lame = rights;
  const std::string right = "topic readwrite plant/test/v1/x/#";
  ASSERT_NE(lame.find(right), std::string::npos) << rights;
  lame.replace(lame.find(right), right.size(), "topic read plant/test/v1/x/#");
  replace_rights(plant, lame);
  ASSERT_EQ(start("1.0").exit_code, 0);
  plant.eventually("the rollout says that the broker refuses", 60, [&] {
    return reason(1).find("not authorized: the broker's access rules forbid it") !=
           std::string::npos;
  });
  EXPECT_EQ(plant.rollout_state(1), "preparing");
  const std::string why = plant.flotilla({"device", "why", "cam-01"}).out;
  EXPECT_NE(why.find("not authorized"), std::string::npos) << why;
  EXPECT_NE(why.find("rollout resume 1"), std::string::npos) << why;
  EXPECT_NE(plant.flotilla({"transfer", "list"}).out.find("not authorized"), std::string::npos);
  replace_rights(plant, rights);
  EXPECT_EQ(plant.flotilla({"rollout", "resume", "1"}).exit_code, 0);
  expect_completed(1);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
}

TEST_F(Trouble, LostPayloadFilesAreBuiltAnew) {
  add("cam-01");
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  const fs::path artifacts = plant.folder() / "controller/artifacts";
  std::set<fs::path> pushed;
  for (const auto& entry : fs::recursive_directory_iterator(artifacts)) pushed.insert(entry.path());
  plant.kill_device("cam-01");
  ASSERT_EQ(start("1.0").exit_code, 0);
  plant.eventually("the payload is at rest", 60,
                   [&] { return plant.rollout_state(1) == "running"; });
  plant.kill_controller();
  plant.kill_broker();  // it keeps nothing: what the device needs is in no place any more
  std::vector<fs::path> payloads;
  for (const auto& entry : fs::recursive_directory_iterator(artifacts)) {
    if (entry.is_regular_file() && pushed.count(entry.path()) == 0)
      payloads.push_back(entry.path());
  }
  ASSERT_FALSE(payloads.empty());
  for (const fs::path& path : payloads) fs::remove(path);
  plant.start_broker();
  plant.start_controller();
  plant.start_device("cam-01");
  expect_completed(1);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
}

TEST_F(Trouble, AFullDiskRefusesChangesLosesNothingAndPasses) {
  plant.stop_controller();
  const fs::path state = plant.folder() / "controller";
  const fs::path before = plant.folder() / "before";
  fs::rename(state, before);
  fs::create_directory(state);
  flotilla::testing::SmallDisk disk(state, "64m");
  if (!disk.mounted()) GTEST_SKIP() << "needs root, to mount a small tmpfs";
  fs::copy(before, state, fs::copy_options::recursive);
  plant.disk_reserve_percent = 10;
  plant.start_controller();
  add("cam-01");
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  ASSERT_EQ(start("1.0", true).exit_code, 0);

  disk.fill();
  const CommandResult pushed = plant.push("v2", "cam-npu", "2.0");
  EXPECT_EQ(pushed.exit_code, 1);
  EXPECT_NE(pushed.err.find("disk"), std::string::npos) << pushed.err;
  const CommandResult changed = plant.flotilla({"class", "set", "cam-npu", "--slot-size", "4M"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_NE(changed.err.find("the change was not stored"), std::string::npos) << changed.err;
  EXPECT_EQ(plant.rollout_state(1), "completed") << "queries are answered";
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));

  disk.release();
  plant.eventually("it takes changes again", 30,
                   [&] { return plant.push("v2", "cam-npu", "2.0").exit_code == 0; });
  EXPECT_EQ(start("2.0", true).exit_code, 0);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v2"));
  plant.kill_controller();
  plant.start_controller();
  EXPECT_EQ(plant.rollout_state(1), "completed");
  EXPECT_EQ(plant.rollout_state(2), "completed");
  EXPECT_EQ(plant.query({"model", "show", "linear"})["versions"].size(), 2u);
  plant.stop_controller();
}

TEST_F(Trouble, ARolloutBeforeTheFirstReportReachesTheDevicesThatCome) {
  for (const char* id : {"cam-01", "cam-02", "cam-03"}) plant.add_device({.id = id});
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  ASSERT_EQ(start("1.0").exit_code, 0);
  plant.eventually("the rollout waits for its devices", 60,
                   [&] { return reason(1).find("3 have not reported yet") != std::string::npos; });
  EXPECT_EQ(plant.rows({"rollout", "show", "1"}, "assignments").size(), 3u);
  for (const char* id : {"cam-01", "cam-02", "cam-03"}) plant.start_device(id);
  expect_completed(1);
  for (const char* id : {"cam-01", "cam-02", "cam-03"}) {
    plant.eventually(std::string(id) + " runs the version", 60,
                     [&] { return plant.active_digest(id) == plant.digest_of("v1"); });
  }
}

TEST_F(Trouble, AClassWithoutDevicesIsRefused) {
  ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu"}).exit_code, 0);
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  const CommandResult refused = start("1.0");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("no device of class cam-npu is enrolled"), std::string::npos)
      << refused.err;
}

}  // namespace
}  // namespace flotilla::test
