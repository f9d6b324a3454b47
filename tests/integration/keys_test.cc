#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

/// The release key and the approvers' keys are not on the server.
class Keys : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    offline = plant.folder() / "offline";
    std::filesystem::create_directory(offline);
    for (const char* key : {"release.key", "root.key"}) {
      std::filesystem::rename(plant.folder() / "keys" / key, offline / key);
    }
    plant.start_controller();
    plant.add_device({.id = "cam-01"});
    plant.start_device("cam-01");
    plant.eventually_all_report({"cam-01"});
    plant.make_model("v1", 1, 64);
  }

  std::string at(const std::string& name) const { return offline / name; }
  CommandResult expect(int code, const std::vector<std::string>& arguments) {
    CommandResult result = plant.flotilla(arguments, 120);
    EXPECT_EQ(result.exit_code, code) << result.out << result.err;
    return result;
  }
  void expect_refused(const std::vector<std::string>& arguments, const std::string& part) {
    const CommandResult result = expect(1, arguments);
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
  }
  std::vector<std::string> start() const {
    return {"rollout",       "start", "linear",           "1.0", "--canary", "100%", "--soak", "1",
            "--healthy-for", "1",     "--trial-deadline", "60",  "--watch"};
  }
  /// A person who approves: a token of their own.
  void add_person(const std::string& name) {
    std::ofstream(at(name + ".token"))
        << expect(0, {"token", "create", name, "--role", "approver"}).out;
  }
  std::vector<std::string> approve(const std::string& person, const std::string& key) const {
    return {"--token-file", at(person + ".token"), "model", "approve", "linear", "1.0", "--key",
            at(key)};
  }
  /// Root holders ask for two approvals of every release, and name who may give them.
  void rotate_keys() {
    const std::string next = at("next.json");
    std::string from = plant.folder() / "keys/keyset.bin";
    for (const char* name : {"ada", "bob"}) {
      expect(0, {"key", "new", "--role", "approver", "--out", at(std::string(name) + ".key")});
      expect(0, {"key", "add", from, "--role", "approver", "--key", at(std::string(name) + ".pub"),
                 "--scope", "lin*/cam-npu", "--out", next});
      from = next;
    }
    expect(0, {"key", "approvals", next, "--scope", "*/*", "--count", "2", "--out", next});
    expect_refused({"key", "publish", next}, "0 of 1 of its own roots");
    expect(0, {"key", "sign-keyset", next, "--key", at("root.key")});
    expect(0, {"key", "publish", next});
  }

  Plant plant;
  std::filesystem::path offline;
};

TEST_F(Keys, ADeviceInstallsWhatWasSignedAndApprovedElsewhere) {
  const CommandResult pushed = plant.push("v1", "cam-npu", "1.0");
  ASSERT_EQ(pushed.exit_code, 0) << pushed.err;
  EXPECT_NE(pushed.out.find("not signed yet: flotilla model sign linear 1"), std::string::npos)
      << pushed.out;
  expect_refused(start(), "is a draft");
  rotate_keys();
  expect_refused({"model", "sign", "linear", "1.0", "--key", at("ada.key")}, "no release key");
  expect_refused(
      {"model", "sign", "linear", "1.0", "--key", at("release.key"), "--image", at("release.key")},
      "nothing was signed");
  expect(0, {"model", "sign", "linear", "1.0", "--key", at("release.key"), "--image",
             plant.model("v1")});
  expect_refused(start(), "has 0 of 2 approvals");
  for (const char* person : {"ada", "bob"}) add_person(person);
  expect(0, approve("ada", "ada.key"));
  expect_refused(approve("bob", "ada.key"), "this key has approved already");
  expect(0, approve("bob", "bob.key"));
  const CommandResult shown = expect(0, {"model", "show", "linear", "1.0"});
  EXPECT_NE(shown.out.find("ada, key "), std::string::npos) << shown.out;

  expect(0, start());
  EXPECT_EQ(plant.active_digest("cam-01"), plant.digest_of("v1"));
  EXPECT_EQ(plant.device_model("cam-01")["directive"]["epoch"], 2);
}

}  // namespace
}  // namespace flotilla::test
