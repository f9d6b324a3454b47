#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "controller/app/cli/key_file.h"
#include "controller/app/cli/keyset_proposal.h"
#include "tests/support/adapter_keys.h"
#include "tests/unit/controller/app/captured_command.h"

namespace flotilla::controller::app {
namespace {

/// The whole ceremony on the command line, without a server.
class KeyVerbs : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_ / name; }

  CapturedCommand run(int code, const std::vector<std::string>& arguments) {
    CapturedCommand command = captured_command(arguments);
    EXPECT_EQ(command.code, code) << command.out << command.err;
    return command;
  }
  void init(const std::string& roots, const std::string& threshold) {
    run(kExitOk, {"key", "init", "--dir", at("keys"), "--roots", roots, "--threshold", threshold});
  }
  static void expect_part(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
  std::string id_of(const std::string& name) {
    return key_id_text(load_public_key(at(name)).value());
  }

  flotilla::testing::TemporaryFolder folder_;
};

TEST_F(KeyVerbs, TwoOfThreeRootsRotateAKey) {
  init("3", "2");
  run(kExitOk, {"key", "new", "--role", "release", "--out", at("team.key")});
  run(kExitOk, {"key", "add", at("keys/keyset.bin"), "--role", "release", "--key", at("team.pub"),
                "--scope", "pose*/orin", "--scope", "gate/cam", "--out", at("next.json")});
  expect_part(run(kExitRefused, {"key", "publish", at("next.json")}).err,
              "0 of 2 of its own roots, 0 of 2 of the keyset in force");
  expect_part(
      run(kExitOk, {"key", "sign-keyset", at("next.json"), "--key", at("keys/root-1.key")}).out,
      "1 of 2 of its own roots, 1 of 2 of the keyset in force");
  expect_part(
      run(kExitRefused, {"key", "sign-keyset", at("next.json"), "--key", at("keys/root-1.key")})
          .err,
      "the key has signed it already");
  expect_part(
      run(kExitRefused, {"key", "sign-keyset", at("next.json"), "--key", at("team.key")}).err,
      "a root neither of the keyset in force nor of the proposed one");
  expect_part(
      run(kExitOk, {"key", "sign-keyset", at("next.json"), "--key", at("keys/root-3.key")}).out,
      "2 of 2 of its own roots, 2 of 2 of the keyset in force: complete");
  run(kExitOk, {"key", "publish", at("next.json"), "--out", at("next.bin")});
  const std::string shown = run(kExitOk, {"key", "show", at("next.bin")}).out;
  expect_part(shown, "epoch 2");
  expect_part(shown, id_of("team.pub") + "  release   pose*/orin gate/cam");
}

TEST_F(KeyVerbs, WhatDevicesWouldRefuseIsNotProposed) {
  init("1", "1");
  const std::string keyset = at("keys/keyset.bin");
  const std::string out = at("next.json");
  const std::string release = id_of("keys/release.pub");
  expect_part(run(kExitRefused,
                  {"key", "delegate", keyset, "--id", release, "--scope", "p*se/cam", "--out", out})
                  .err,
              "scopes are not valid");
  expect_part(
      run(kExitRefused, {"key", "remove", keyset, "--id", id_of("keys/root.pub"), "--out", out})
          .err,
      "root threshold exceeds the root keys");
  expect_part(run(kExitRefused, {"key", "threshold", keyset, "--roots", "2", "--out", out}).err,
              "root threshold exceeds the root keys");
  expect_part(run(kExitRefused, {"key", "add", keyset, "--role", "approver", "--key",
                                 at("keys/release.pub"), "--out", out})
                  .err,
              "is in the keyset already");
  expect_part(run(kExitRefused, {"key", "delegate", keyset, "--id", id_of("keys/director.pub"),
                                 "--scope", "*/*", "--out", out})
                  .err,
              "neither releases nor approves");
  expect_part(
      run(kExitRefused, {"key", "remove", keyset, "--id", "0123456789abcdef", "--out", out}).err,
      "has no key 0123456789abcdef");
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(KeyVerbs, ChangesAddUpAndSignaturesDoNot) {
  init("1", "1");
  const std::string out = at("next.json");
  run(kExitOk, {"key", "approvals", at("keys/keyset.bin"), "--scope", "pose/*", "--count", "2",
                "--out", out});
  run(kExitOk, {"key", "sign-keyset", out, "--key", at("keys/root.key")});
  expect_part(run(kExitOk, {"key", "delegate", out, "--id", id_of("keys/release.pub"), "--scope",
                            "pose/orin", "--out", out})
                  .out,
              "it was signed 1 times before, and must be again");
  const std::string shown = run(kExitOk, {"key", "show", out}).out;
  expect_part(shown, "2 approvals for pose/*");
  expect_part(shown, "0 of 1 of its own roots");
  run(kExitOk, {"key", "approvals", out, "--scope", "pose/*", "--count", "0", "--out", out});
  EXPECT_TRUE(load_proposal(out, {}).value().rules.empty());
}

TEST_F(KeyVerbs, NothingIsOverwritten) {
  init("1", "1");
  expect_part(run(kExitRefused, {"key", "init", "--dir", at("keys")}).err, "never overwritten");
  run(kExitRefused, {"key", "new", "--role", "root", "--out", at("keys/root.key")});
  run(kExitUsage, {"key", "init", "--dir", at("other"), "--roots", "2", "--threshold", "3"});
  run(kExitRefused, {"key", "show", at("nothing.bin")});
}

}  // namespace
}  // namespace flotilla::controller::app
