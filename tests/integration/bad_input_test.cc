#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

constexpr char kDirectiveTopic[] = "plant/test/v1/c/cam-npu/linear/dir";

class BadInput : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.make_model("v1", 1, 128);
    plant.tune_model("v1", "v2", 2);
  }

  void add(const DeviceOptions& options) {
    plant.add_device(options);
    plant.start_device(options.id);
    plant.eventually_all_report({options.id});
  }

  /// Why the rollout's only device refused; empty when it did not.
  std::string refusal(const std::string& rollout) {
    const nlohmann::json rows = plant.rows({"rollout", "show", rollout}, "assignments");
    return rows.empty() ? "" : rows[0].value("reason", "");
  }

  CommandResult roll(const std::string& label) {
    return plant.flotilla({"rollout", "start", "linear", label, "--canary", "100%", "--soak", "1",
                           "--healthy-for", "1", "--trial-deadline", "30", "--watch"},
                          120);
  }

  bool audited(const std::string& action) {
    for (const auto& entry : plant.rows({"audit", "list", "--last", "1000"}, "entries")) {
      if (entry.value("action", "") == action) return true;
    }
    return false;
  }

  Plant plant;
};

TEST_F(BadInput, ADeviceThatClaimsAnotherClassGetsNothingAndIsAudited) {
  add({.id = "cam-01"});
  add({.id = "liar", .claimed_class = "mic-dsp"});
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  EXPECT_EQ(roll("1.0").exit_code, 0);
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
  EXPECT_EQ(plant.active_digest("liar"), "");
  plant.eventually("why names both classes", 30, [&] {
    const std::string why = plant.flotilla({"device", "why", "liar"}).out;
    return why.find("cam-npu") != std::string::npos && why.find("mic-dsp") != std::string::npos;
  });
}

TEST_F(BadInput, TwoDevicesWithOneIdAreNoticed) {
  add({.id = "cam-01"});
  // The same certificate and id on another board: another journal, so another incarnation.
  const auto twin_state = plant.folder() / "twin";
  std::ifstream in(plant.folder() / "devices/cam-01/config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  config["state_dir"] = twin_state;
  const auto twin_config = plant.folder() / "twin.json";
  std::ofstream(twin_config) << config.dump();
  Process twin({std::string(FLOTILLA_BIN_DIR) + "/flotilla-edge", "--config", twin_config},
               plant.log("twin"));
  plant.eventually("the controller suspects a duplicate", 90, [&] {
    return plant.query({"device", "show", "cam-01"}).value("duplicate_suspected", false);
  });
}

TEST_F(BadInput, AModelLargerThanTheSlotIsRefusedWithBothNumbers) {
  ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu", "--slot-size", "65536"}).exit_code, 0);
  const CommandResult pushed = plant.push("v1", "cam-npu", "1.0");
  EXPECT_EQ(pushed.exit_code, 1);
  EXPECT_NE(pushed.err.find("65536"), std::string::npos) << pushed.err;
  EXPECT_NE(pushed.err.find("131088"), std::string::npos) << pushed.err;
  EXPECT_EQ(plant.query({"model", "list"})["models"].size(), 0u);
}

TEST_F(BadInput, FilesThatAreNotWhatTheyClaimAreRefused) {
  plant.make_model("w.safetensors", 1, 64);
  const auto push = [&](const std::string& file, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"model", "push", "linear", file, "--class", "cam-npu"});
    return plant.flotilla(more);
  };
  ASSERT_EQ(plant.flotilla({"class", "set", "cam-npu"}).exit_code, 0);
  const std::string whole = plant.model("w.safetensors");
  std::ifstream in(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string cut = plant.folder() / "cut";
  std::ofstream(cut, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  const CommandResult broken = push(cut);
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.err.find("safetensors, byte"), std::string::npos) << broken.err;

  const std::string document = plant.folder() / "document.json";
  std::ofstream(document)
      << R"({"variants": [{"hardware_class": "cam-npu", "weights": {"dtype": "int8"}}]})";
  const CommandResult lie = push(whole, {"--document", document});
  EXPECT_EQ(lie.exit_code, 1);
  EXPECT_NE(lie.err.find("declared int8, "), std::string::npos) << lie.err;
  EXPECT_NE(lie.err.find("weight tensors are float32"), std::string::npos) << lie.err;
  EXPECT_EQ(plant.query({"model", "list"})["models"].size(), 0u);

  const CommandResult good = push(whole);
  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_NE(good.out.find("weights float32"), std::string::npos) << good.out;
  const nlohmann::json facts = plant.query({"model", "facts", "linear", "1"});
  EXPECT_EQ(facts["format"], "safetensors");
  EXPECT_GT(facts["tensors"].size(), 0u);
}

TEST_F(BadInput, ASmallerSlotOnTheDeviceRejectsBeforeTheFirstWrite) {
  add({.id = "cam-01", .slot_size = 65536});
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  EXPECT_EQ(roll("1.0").exit_code, 3);
  EXPECT_EQ(refusal("1"), "image_too_large");
  EXPECT_EQ(plant.active_digest("cam-01"), "");
}

TEST_F(BadInput, AnUnreadableConfigurationSaysWhatIsWrong) {
  const auto path = plant.folder() / "bad.json";
  const std::string edge = std::string(FLOTILLA_BIN_DIR) + "/flotilla-edge";
  const CommandResult missing = run({edge, "--config", path});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.err.find(path.string()), std::string::npos) << missing.err;
  plant.add_device({.id = "cam-01"});
  std::ifstream in(plant.folder() / "devices/cam-01/config.json");
  nlohmann::json config = nlohmann::json::parse(in);
  config["colour"] = "red";
  std::ofstream(path) << config.dump();
  const CommandResult unknown = run({edge, "--config", path});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("colour"), std::string::npos) << unknown.err;
}

TEST_F(BadInput, AnUnreadableConfigurationOfTheControllerSaysWhatIsWrong) {
  const auto path = plant.folder() / "serve.json";
  const std::vector<std::string> serve = {std::string(FLOTILLA_BIN_DIR) + "/flotilla", "serve",
                                          "--config", path};
  const CommandResult missing = run(serve);
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_NE(missing.err.find(path.string()), std::string::npos) << missing.err;
  std::ofstream(path) << R"({"broker_host": "localhost",)";
  const CommandResult broken = run(serve);
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_NE(broken.err.find(path.string()), std::string::npos) << broken.err;
  std::ofstream(path) << R"({"colour": "red"})";
  const CommandResult unknown = run(serve);
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("colour"), std::string::npos) << unknown.err;
}

TEST_F(BadInput, AReplayedDirectiveChangesNothing) {
  add({.id = "cam-01"});
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  ASSERT_EQ(roll("1.0").exit_code, 0);
  plant.kill_device("cam-01");  // its identity reads the retained directive
  const CommandResult old = plant.mosquitto("mosquitto_sub", "cam-01",
                                            {"-t", kDirectiveTopic, "-C", "1", "-W", "10", "-N"});
  ASSERT_EQ(old.exit_code, 0) << old.err;
  ASSERT_GT(old.out.size(), 200u);
  plant.start_device("cam-01");
  ASSERT_EQ(plant.push("v2", "cam-npu", "2.0").exit_code, 0);
  ASSERT_EQ(roll("2.0").exit_code, 0);

  const auto file = plant.folder() / "old-directive";
  std::ofstream(file, std::ios::binary) << old.out;
  plant.kill_controller();  // its identity publishes: the broker has been taken over, so to say
  ASSERT_EQ(plant
                .mosquitto("mosquitto_pub", "flotilla.controller",
                           {"-t", kDirectiveTopic, "-f", file, "-r", "-q", "1"})
                .exit_code,
            0);
  plant.kill_device("cam-01");
  plant.start_device("cam-01");
  plant.start_controller();
  plant.eventually("the device has reported after its restart", 30, [&] {
    return plant.query({"device", "show", "cam-01"}).value("boot_count", 0) >= 3;
  });
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v2"));
}

TEST_F(BadInput, AFullDiskOnTheDeviceKeepsTheActiveModel) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to mount a small tmpfs";
  const auto small = plant.folder() / "small";
  std::filesystem::create_directories(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=600k") != 0) {
    GTEST_SKIP() << "mounting a tmpfs is not allowed here";
  }
  add({.id = "cam-01", .state_dir = small / "state"});
  ASSERT_EQ(plant.push("v1", "cam-npu", "1.0").exit_code, 0);
  EXPECT_EQ(roll("1.0").exit_code, 0);
  plant.make_model("big", 3, 1024);
  ASSERT_EQ(plant.push("big", "cam-npu", "2.0").exit_code, 0);
  EXPECT_EQ(roll("2.0").exit_code, 3);
  EXPECT_EQ(refusal("2"), "storage_full");
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
  plant.kill_device("cam-01");
  umount(small.c_str());
}

}  // namespace
}  // namespace flotilla::test
