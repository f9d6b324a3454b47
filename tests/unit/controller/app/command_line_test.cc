#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/small_file.h"
#include "controller/app/cli/verbs.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/artifact/proof/verify_log.h"
#include "tests/unit/controller/app/captured_command.h"

namespace flotilla::controller::app {
namespace {

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    char scratch[] = "/tmp/flotilla-cli-XXXXXX";
    folder = mkdtemp(scratch);
    setenv("FLOTILLA_STATE", folder.c_str(), 1);
    // Port 9 is the discard service: nobody listens.
    setenv("FLOTILLA_SERVER", "http://127.0.0.1:9", 1);
  }
  ~CommandLine() override { std::filesystem::remove_all(folder); }

  int run(const std::vector<const char*>& arguments) {
    CapturedCommand command = captured_command({arguments.begin(), arguments.end()});
    out = std::move(command.out);
    err = std::move(command.err);
    return command.code;
  }

  std::filesystem::path folder;
  std::string out;
  std::string err;
};

TEST_F(CommandLine, UsageErrorsAreCodeTwo) {
  for (const std::vector<const char*>& wrong : std::vector<std::vector<const char*>>{
           {},
           {"fly"},
           {"device"},
           {"device", "enrol"},
           {"device", "show"},
           {"rollout", "start", "pose"},
           {"rollout", "start", "pose", "1", "--canary", "0"},
           {"rollout", "start", "pose", "1", "--canary", "200%"},
           {"rollout", "start", "pose", "1", "--soak", "soon"},
           {"rollout", "start", "pose", "1", "--on-failure", "cry"},
           {"audit", "list", "--last", "0"},
           {"class", "set", "cam", "--slot-size", "many"},
           {"key", "init"},
           {"model", "push", "pose"},
           {"model", "push", "pose", "file"},
           {"model", "push", "pose", "--variant", "cam"},
           {"serve"},
           {"serve", "--keys", "/k", "--listen", "nowhere"},
           {"device", "enrol", "--cert", "/does/not/exist", "--class", "cam"}}) {
    EXPECT_EQ(run(wrong), kExitUsage) << (wrong.empty() ? "nothing" : wrong.back());
    EXPECT_FALSE(err.empty()) << (wrong.empty() ? "nothing" : wrong.back());
  }
}

TEST_F(CommandLine, HelpAndVersionAreFine) {
  EXPECT_EQ(run({"--version"}), kExitOk);
  EXPECT_EQ(out, "flotilla 1.2.3\n");
  EXPECT_EQ(run({"--help"}), kExitOk);
  EXPECT_NE(out.find("exit codes"), std::string::npos) << out;
  EXPECT_EQ(run({"rollout", "start", "--help"}), kExitOk);
}

TEST_F(CommandLine, AServerThatDoesNotAnswerIsCodeFour) {
  EXPECT_EQ(run({"status"}), kExitUnreachable);
  EXPECT_NE(err.find("127.0.0.1:9"), std::string::npos) << err;
  EXPECT_NE(err.find("to do:"), std::string::npos) << err;
  EXPECT_EQ(run({"device", "list", "--json"}), kExitUnreachable);
  EXPECT_EQ(api::Json::parse(out)["error"]["code"], "unavailable");
  EXPECT_TRUE(err.empty()) << err;
}

TEST_F(CommandLine, KeysAreMadeOnceWithTheRightModes) {
  const std::string keys = folder / "keys";
  EXPECT_EQ(run({"key", "init", "--dir", keys.c_str()}), kExitOk) << err;
  for (const char* name : {"root.key", "release.key", "director.key"}) {
    const auto status = std::filesystem::status(folder / "keys" / name);
    EXPECT_EQ(static_cast<int>(status.permissions()), 0600) << name;
    EXPECT_NE(out.find(name), std::string::npos) << out;
  }
  EXPECT_GT(std::filesystem::file_size(folder / "keys/keyset.bin"), 100u);
  const auto before = std::filesystem::last_write_time(folder / "keys/root.key");
  EXPECT_EQ(run({"key", "init", "--dir", keys.c_str()}), kExitRefused);
  EXPECT_NE(err.find("root.key"), std::string::npos) << err;
  EXPECT_EQ(std::filesystem::last_write_time(folder / "keys/root.key"), before);
}

/// A keyset of three roots that two must sign, and a checkpoint under it: no server is needed.
TEST_F(CommandLine, OneRootOfThreeIsLessThanTheKeysetAsksFor) {
  const std::string keys = folder / "keys";
  ASSERT_EQ(run({"key", "init", "--dir", keys.c_str(), "--roots", "3", "--threshold", "2"}),
            kExitOk)
      << err;
  MbedHasher hasher;
  Checkpoint head;
  head.origin = FixedString<kMaxOrigin>("flotilla/0123456789abcdef");
  head.head.size = 7;
  head.head.root.bytes.fill(1);
  head.time = WallTime{1'800'000'000'000};
  const auto director = MbedSigner::load(hasher, keys + "/director.key").value();
  const auto keyset = read_small_file(keys + "/keyset.bin", kMaxEnvelope).value();
  const std::string file = folder / "checkpoint";
  std::ofstream(file, std::ios::binary) << proof::log_head(
      as_bytes(keyset), as_bytes(sign_checkpoint(hasher, *director, head).value()));
  const std::string one = keys + "/root-1.pub", two = keys + "/root-2.pub";
  const std::string whole = keys + "/keyset.bin", absent = folder / "absent";
  const auto verify = [&](std::vector<const char*> more) {
    std::vector<const char*> arguments = {"audit", "verify", "--checkpoint"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.push_back(file.c_str());  // behind the root keys, which must not swallow it
    return run(arguments);
  };
  EXPECT_EQ(verify({"--root-key", one.c_str()}), kExitOk) << err;
  EXPECT_NE(out.find("a checkpoint of 7 entries"), std::string::npos) << out;
  EXPECT_NE(out.find("signed by 1 of the 1 root key given; the keyset asks for 2"),
            std::string::npos)
      << out;
  EXPECT_EQ(verify({"--root-key", one.c_str(), "--root-key", two.c_str(), "--threshold", "2"}),
            kExitOk)
      << err;
  EXPECT_NE(out.find("signed by 2 of the 2 root keys given\n"), std::string::npos) << out;
  EXPECT_EQ(verify({"--root-key", whole.c_str()}), kExitOk) << err;

  const std::string other = folder / "other", foreign = other + "/root.pub";
  ASSERT_EQ(run({"key", "init", "--dir", other.c_str()}), kExitOk) << err;
  EXPECT_EQ(verify({"--root-key", one.c_str(), "--root-key", foreign.c_str(), "--threshold", "2"}),
            kExitRefused);
  EXPECT_NE(err.find("fewer of the root keys"), std::string::npos) << err;
  for (const std::vector<const char*>& wrong : std::vector<std::vector<const char*>>{
           {"--threshold", "1"},
           {"--root-key", one.c_str(), "--root-key", one.c_str(), "--threshold", "2"},
           {"--root-key", one.c_str(), "--threshold", "0"},
           {"--root-key", whole.c_str(), "--threshold", "1"},
           {"--root-key", whole.c_str(), "--root-key", one.c_str()},
           {"--root-key", absent.c_str()},
           {"--since", file.c_str()}}) {
    EXPECT_EQ(verify(wrong), kExitUsage) << out << err;
  }
  EXPECT_EQ(run({"audit", "verify", absent.c_str()}), kExitUsage) << err;
}

TEST(Access, NamedThingsWinOverFoundOnes) {
  char scratch[] = "/tmp/flotilla-access-XXXXXX";
  const std::filesystem::path folder = mkdtemp(scratch);
  std::ofstream(folder / "endpoint") << "http://127.0.0.1:1234\n";
  std::ofstream(folder / "admin-token") << "flt_file\n";
  std::ofstream(folder / "token") << "flt_named\n";
  unsetenv("FLOTILLA_SERVER");
  unsetenv("FLOTILLA_TOKEN");
  Session::Options options;
  options.state = folder;
  EXPECT_EQ(find_access(options).server, "http://127.0.0.1:1234");
  EXPECT_EQ(find_access(options).token, "flt_file");
  setenv("FLOTILLA_TOKEN", "flt_environment", 1);
  EXPECT_EQ(find_access(options).token, "flt_environment");
  options.token_file = folder / "token";
  options.server = "http://10.0.0.1:1";
  EXPECT_EQ(find_access(options).token, "flt_named");
  EXPECT_EQ(find_access(options).server, "http://10.0.0.1:1");
  unsetenv("FLOTILLA_TOKEN");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace flotilla::controller::app
