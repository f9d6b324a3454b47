// Roles, policies, states and aliases from the command line.

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/fleet/plant.h"

namespace flotilla::test {
namespace {

class Governance : public testing::Test {
 protected:
  void SetUp() override {
    plant.start_broker();
    plant.start_controller();
    plant.make_model("w.safetensors", 1, 64);
    for (const char* who : {"ci", "vera", "bob", "carol", "olga"}) token(who);
  }

  void token(const std::string& who) {
    static const std::map<std::string, std::vector<std::string>> kGrants = {
        {"ci", {"--role", "publisher", "--model", "lin*"}},
        {"vera", {"--role", "validator"}},
        {"bob", {"--grant", "approver:model=linear,class=cam-npu"}},
        {"carol", {"--role", "approver", "--expires", "30d"}},
        {"olga", {"--role", "operator", "--alias", "champ*"}}};
    std::vector<std::string> command = {"token", "create", who};
    command.insert(command.end(), kGrants.at(who).begin(), kGrants.at(who).end());
    const CommandResult made = plant.flotilla(command);
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::ofstream(plant.folder() / who) << made.out;
  }

  CommandResult as(const std::string& who, std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--token-file", (plant.folder() / who).string()});
    return plant.flotilla(std::move(arguments));
  }

  std::string write(const std::string& name, const nlohmann::json& document) {
    const std::string path = plant.folder() / name;
    std::ofstream(path) << document.dump();
    return path;
  }

  CommandResult push() {
    const std::string document =
        write("doc.json", {{"evaluation", {{{"name", "f1"}, {"value", 0.93}}}}});
    return as("ci", {"model", "push", "linear", plant.model("w.safetensors"), "--class", "cam-npu",
                     "--label", "1.0", "--document", document});
  }

  static void expect(const CommandResult& result, int code, const std::string& text) {
    EXPECT_EQ(result.exit_code, code) << result.out << result.err;
    EXPECT_NE((result.out + result.err).find(text), std::string::npos) << result.out << result.err;
  }

  Plant plant;
};

TEST_F(Governance, AVersionGoesFromAPushToAChampionThroughItsPolicy) {
  DeviceOptions device;
  device.id = "d1";
  plant.add_device(device);
  const std::string policy = write("policy.json", {{"require", {"metric.f1 >= 0.9"}},
                                                   {"evidence", 1},
                                                   {"approvals", 2},
                                                   {"protected_aliases", {"champion"}}});
  expect(plant.flotilla({"policy", "set", policy, "--model", "lin*"}), 0, "model lin*, class *");
  expect(push(), 0, "draft: a policy holds it back");
  expect(as("olga", {"rollout", "start", "linear", "1.0"}), 1, "is draft on class cam-npu");
  expect(as("ci", {"model", "approve", "linear", "1.0"}), 1, "role approver");
  expect(as("bob", {"model", "approve", "linear", "1.0"}), 1, "evidence: ask");
  const std::string report = write("report.json", {{"metrics", {{"f1", 0.92}}}});
  const std::string broken = plant.folder() / "broken.json";
  std::ofstream(broken) << "{\"metrics\": {\"f1\": 0.9}";
  expect(as("vera", {"model", "validate", "linear", "1.0", "--evidence", broken}), 2,
         "not valid JSON");
  std::ofstream(broken, std::ios::trunc) << "{\"metrics\": [0.9]}";
  expect(as("vera", {"model", "validate", "linear", "1.0", "--evidence", broken}), 2,
         "must be an object");
  std::ofstream(broken, std::ios::trunc) << std::string(2 << 20, ' ') << "{}";
  expect(as("vera", {"model", "validate", "linear", "1.0", "--evidence", broken}), 2, "too large");
  expect(as("vera", {"model", "validate", "linear", "1.0", "--evidence", report}), 0, "validated");
  expect(as("bob", {"model", "approve", "linear", "1.0"}), 0, "validated");
  expect(as("olga", {"model", "release", "linear", "1.0"}), 1, "found 1 (bob)");
  expect(as("carol", {"model", "approve", "linear", "1.0"}), 0, "approved");
  expect(plant.flotilla({"policy", "check", "linear", "1.0"}), 1, "approved");
  expect(as("olga", {"model", "release", "linear", "1.0", "--reason", "spring"}), 0, "released");
  expect(plant.flotilla({"policy", "check", "linear", "1.0"}), 0, "released");
  expect(as("olga", {"model", "alias", "set", "linear", "champion", "1.0"}), 1, "golden vectors");
  expect(plant.flotilla({"model", "alias", "set", "linear", "champion", "1.0"}), 1,
         "names the protected alias");
  expect(plant.flotilla({"model", "alias", "set", "linear", "candidate", "1.0"}), 0,
         "linear@candidate is version 1.0");
  expect(plant.flotilla({"model", "show", "linear@candidate"}), 0, "candidate");
  expect(as("olga", {"rollout", "start", "linear@candidate"}), 0, "started rollout 1");
}

TEST_F(Governance, TokensSayWhatTheyMayAndAreRevoked) {
  expect(as("olga", {"whoami"}), 0, "operator on alias champ*");
  expect(as("carol", {"whoami"}), 0, "version.approve");
  expect(as("ci", {"token", "list"}), 1, "role admin");
  const auto tokens = plant.rows({"token", "list"}, "tokens");
  std::string id;
  for (const auto& row : tokens) {
    if (row["name"] == "ci") id = row["id"];
  }
  expect(plant.flotilla({"token", "show", id}), 0, "publisher on model lin*");
  expect(plant.flotilla({"token", "revoke", id}), 0, "is revoked");
  expect(push(), 1, "not known here");
  expect(plant.flotilla({"token", "create", "nobody"}), 2, "--role or --grant");
}

}  // namespace
}  // namespace flotilla::test
