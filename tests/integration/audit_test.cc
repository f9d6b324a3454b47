// The audit log from the command line: exports and proof bundles are checked without the server.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// One device that went from version 1.0 to 2.0 of a model.
class Audit : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.add_device({.id = "cam-01"});
    plant.start_device("cam-01");
    plant.eventually_all_report({"cam-01"});
    plant.make_model("v1", 1, 64);
    plant.tune_model("v1", "v2", 2);
    plant.tune_model("v2", "v3", 3);
    roll("v1", "1.0");
    EXPECT_EQ(run({"audit", "checkpoint", "--out", file("old")}).exit_code, 0);
    roll("v2", "2.0");
  }

  void roll(const std::string& model, const std::string& label) {
    ASSERT_EQ(plant.push(model, "cam-npu", label).exit_code, 0);
    start(label);
  }

  void start(const std::string& label) {
    const CommandResult result =
        plant.flotilla({"rollout", "start", "linear", label, "--canary", "100%", "--soak", "1",
                        "--healthy-for", "1", "--trial-deadline", "60", "--watch"},
                       120);
    EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  }

  std::string file(const char* name) { return plant.folder() / name; }
  std::string root() { return plant.folder() / "keys" / "root.pub"; }
  CommandResult run(std::vector<std::string> arguments) { return plant.flotilla(arguments); }
  CommandResult verify(const std::string& path, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"audit", "verify", path, "--root-key", root()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  }

  /// A copy of the file with one byte changed is refused.
  void expect_tamper_evident(const std::string& path) {
    const std::string bytes = read_file(path);
    ASSERT_GT(bytes.size(), 1000u);
    for (const size_t at : {size_t{3}, size_t{20}, bytes.size() / 2, bytes.size() - 2}) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      std::ofstream(file("changed"), std::ios::binary) << changed;
      const CommandResult result = verify(file("changed"));
      EXPECT_EQ(result.exit_code, 1) << at << result.out;
      EXPECT_FALSE(result.err.empty());
    }
  }

  Plant plant;
};

TEST_F(Audit, TheLogAndWhatRanAreProvenWithoutTheServer) {
  EXPECT_EQ(run({"audit", "export", "--out", file("log")}).exit_code, 0);
  const CommandResult bundled = run({"device", "history", "cam-01", "--out", file("proof")});
  EXPECT_EQ(bundled.exit_code, 0) << bundled.err;
  const CommandResult history = run({"device", "history", "cam-01"});
  EXPECT_NE(history.out.find("confirmed"), std::string::npos) << history.out;
  const nlohmann::json states = plant.rows({"device", "history", "cam-01"}, "states");
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states.back()["golden"],
            plant.query({"model", "show", "linear", "2"})["variants"][0]["golden_digest"])
      << "what the device says that its image passed";
  const nlohmann::json shown = plant.query({"device", "show", "cam-01"});
  EXPECT_EQ(shown["audit_witness"]["standing"], "proven") << shown["audit_witness"];
  EXPECT_EQ(shown["audit_witness"]["agrees"], true);
  plant.kill_controller();

  const CommandResult log = verify(file("log"), {"--since", file("old")});
  EXPECT_EQ(log.exit_code, 0) << log.err;
  EXPECT_NE(log.out.find("begins with"), std::string::npos) << log.out;
  const CommandResult proof = verify(file("proof"));
  EXPECT_EQ(proof.exit_code, 0) << proof.err;
  EXPECT_NE(proof.out.find("cam-01 ran linear version 2, label 2.0"), std::string::npos)
      << proof.out;
  EXPECT_NE(proof.out.find(plant.digest_of("v2")), std::string::npos) << proof.out;
  expect_tamper_evident(file("log"));
  expect_tamper_evident(file("proof"));
  EXPECT_EQ(run({"audit", "verify", file("log"), "--root-key", file("old")}).exit_code, 2)
      << "that is no root key";
  EXPECT_EQ(verify(file("absent")).exit_code, 2);
  EXPECT_EQ(verify(file("old")).exit_code, 1) << "it may be an export that was cut off";
  const CommandResult alone = verify(file("old"), {"--checkpoint"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_NE(alone.out.find("a checkpoint of"), std::string::npos) << alone.out;
  EXPECT_EQ(verify(file("old"), {"--since", file("old")}).exit_code, 1);
}

/// What nobody ordered is on record as well: the device leaves a revoked image of itself.
TEST_F(Audit, AWayBackFromARevokedImageIsProven) {
  ASSERT_EQ(run({"model", "revoke", "linear", "2.0", "--reason", "wrong data"}).exit_code, 0);
  EXPECT_TRUE(plant.eventually("the device attests its way back", 60, [&] {
    std::filesystem::remove(file("back"));
    const CommandResult history = run({"device", "history", "cam-01", "--out", file("back")});
    return history.out.find("ran linear version 1") != std::string::npos;
  }));
  const CommandResult proof = verify(file("back"));
  EXPECT_EQ(proof.exit_code, 0) << proof.err;
  EXPECT_NE(proof.out.find("cam-01 ran linear version 1, label 1.0"), std::string::npos)
      << proof.out;
  EXPECT_NE(proof.out.find(plant.digest_of("v1")), std::string::npos) << proof.out;
  EXPECT_EQ(plant.query({"status"})["counters"]["bad_attestations"], 0);
  const CommandResult why = run({"device", "why", "cam-01"});
  EXPECT_NE(why.out.find("went back to linear version 1 by itself"), std::string::npos) << why.out;
}

/// Root holders take turns: a proposal is made, signed and published.
class RotatedAudit : public Audit {
 protected:
  void expect_done(const std::vector<std::string>& arguments) {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments[1] << ": " << result.out << result.err;
  }

  std::string in_force() { return plant.folder() / "keys" / "keyset.bin"; }
  std::string next() { return file("next.json"); }

  void publish() {
    expect_done({"key", "sign-keyset", next(), "--key", plant.folder() / "keys" / "root.key"});
    expect_done({"key", "publish", next()});
  }

  /// Ada approves what the server's release key signs.
  void ask_for_approval() {
    expect_done({"key", "new", "--role", "approver", "--out", file("ada.key")});
    expect_done({"key", "add", in_force(), "--role", "approver", "--key", file("ada.pub"), "--out",
                 next()});
    expect_done({"key", "approvals", next(), "--scope", "*/*", "--count", "1", "--out", next()});
    publish();
    const CommandResult token = run({"token", "create", "ada", "--role", "approver"});
    ASSERT_EQ(token.exit_code, 0) << token.err;
    std::ofstream(file("ada.token")) << token.out;
  }

  /// Another release key in the place of the server's.
  void replace_release_key() {
    std::string id;
    for (const auto& key : plant.rows({"key", "show", in_force()}, "keys")) {
      if (key["roles"] == nlohmann::json::array({"release"})) id = key["id"];
    }
    expect_done({"key", "new", "--role", "release", "--out", file("team.key")});
    expect_done({"key", "add", in_force(), "--role", "release", "--key", file("team.pub"), "--out",
                 next()});
    expect_done({"key", "remove", next(), "--id", id, "--out", next()});
    publish();
  }

  void expect_verified(const std::string& path, const std::string& root_key,
                       const std::vector<std::string>& parts) {
    const CommandResult result = run({"audit", "verify", path, "--root-key", root_key});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    for (const std::string& part : parts)
      EXPECT_NE(result.out.find(part), std::string::npos) << part << " is not in\n" << result.out;
  }
};

TEST_F(RotatedAudit, ABundleSaysWhoApprovedAndHoldsAfterItsReleaseKeyIsGone) {
  ask_for_approval();
  ASSERT_EQ(plant.push("v3", "cam-npu", "3.0").exit_code, 0);
  expect_done({"--token-file", file("ada.token"), "model", "approve", "linear", "3.0", "--key",
               file("ada.key")});
  start("3.0");
  expect_done({"device", "history", "cam-01", "--out", file("before")});
  expect_verified(file("before"), root(),
                  {"ran linear version 3", "by ada, signed with key",
                   "1 signed approvals by keyset epoch 2; there are 1"});
  expect_tamper_evident(file("before"));

  replace_release_key();
  plant.kill_controller();
  plant.start_controller();
  expect_done({"device", "history", "cam-01", "--out", file("after")});
  expect_done({"audit", "export", "--out", file("rotated.log")});
  plant.kill_controller();
  const std::vector<std::string> said = {"by ada, signed with key", "since then     keyset/3",
                                         "the log had this release before that", "keyset epoch 3"};
  expect_verified(file("after"), root(), said);
  expect_verified(file("after"), in_force(), said);
  expect_tamper_evident(file("after"));
  expect_verified(file("rotated.log"), root(), {"keyset epoch 3"});
  EXPECT_EQ(verify(file("rotated.log"), {"--since", file("old")}).exit_code, 0);
  expect_tamper_evident(file("rotated.log"));
}

TEST_F(Audit, OnlyWhatNobodyNeedsIsDeleted) {
  EXPECT_EQ(plant.push("v3", "cam-npu", "3.0").exit_code, 0);
  const nlohmann::json plan = plant.query({"model", "gc", "--older-than", "0s"});
  EXPECT_TRUE(plan["goes"].empty()) << plan;
  EXPECT_EQ(plan["stays"].size(), 3u);
  const CommandResult options = run({"device", "list", "--rollback-options"});
  EXPECT_NE(options.out.find("version 1 1.0"), std::string::npos) << options.out;

  start("3.0");
  EXPECT_EQ(run({"model", "pin", "linear", "1.0"}).exit_code, 0);
  EXPECT_TRUE(plant.query({"model", "gc", "--older-than", "0s"})["goes"].empty()) << "pinned";
  EXPECT_EQ(run({"model", "unpin", "linear", "1.0"}).exit_code, 0);
  const nlohmann::json done = plant.query({"model", "gc", "--older-than", "0s", "--delete"});
  ASSERT_EQ(done["goes"].size(), 1u) << done;
  EXPECT_EQ(done["goes"][0]["label"], "1.0");
  EXPECT_GT(done.value("bytes_freed", 0), 1000);
  const std::string digest = plant.digest_of("v1");
  const auto image = plant.folder() / "controller" / "artifacts" / digest.substr(0, 2) / digest;
  EXPECT_FALSE(std::filesystem::exists(image)) << image;
  const CommandResult refused = run({"rollout", "start", "linear", "1.0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("deleted"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace flotilla::test
