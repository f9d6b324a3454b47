#include "controller/app/rights_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace flotilla::controller::app {
namespace {

namespace fs = std::filesystem;

class RightsFileTest : public ::testing::Test {
 protected:
  RightsFileTest() {
    char scratch[] = "/tmp/flotilla-rights-XXXXXX";
    folder = mkdtemp(scratch);
  }
  ~RightsFileTest() override { fs::remove_all(folder); }

  std::string content() {
    std::ifstream in(folder / "acl");
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  RightsFile file(const std::string& pid_file = "") {
    return RightsFile({folder / "acl", pid_file, {"flotilla.controller", "flotilla.auditor"}},
                      topics);
  }

  fs::path folder;
  Topics topics{"p"};
  std::string why;
};

TEST_F(RightsFileTest, ReplacesTheWholeFile) {
  std::ofstream(folder / "acl") << "user stranger\n";
  EXPECT_TRUE(file().write({}, why).ok()) << why;
  EXPECT_EQ(content().find("stranger"), std::string::npos);
  EXPECT_NE(content().find("flotilla.controller"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "acl.new"));
}

TEST_F(RightsFileTest, SignalsTheBrokerOnceForEachChange) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t broker = fork();
  ASSERT_GE(broker, 0);
  if (broker == 0) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    [[maybe_unused]] const ssize_t told = ::write(ready[1], "x", 1);
    int received = 0;
    sigwait(&set, &received);
    _exit(received == SIGHUP ? 7 : 8);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  std::ofstream(folder / "pid") << broker << "\n";
  RightsFile rights = file(folder / "pid");
  EXPECT_TRUE(rights.write({}, why).ok()) << why;
  int status = 0;
  ASSERT_EQ(waitpid(broker, &status, 0), broker);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  // The broker is gone, and the same rights need no signal.
  EXPECT_TRUE(rights.write({}, why).ok()) << why;
  std::map<std::string, Device> devices;
  devices["d1"].id = "d1";
  devices["d1"].hardware_class = "cam";
  EXPECT_FALSE(rights.write(devices, why).ok());
  EXPECT_NE(why.find("signal"), std::string::npos) << why;
  EXPECT_NE(content().find("user d1"), std::string::npos) << "the file is right all the same";
}

TEST_F(RightsFileTest, SaysWhatCouldNotBeWritten) {
  RightsFile rights({folder / "missing/acl", "", {}}, topics);
  EXPECT_FALSE(rights.write({}, why).ok());
  EXPECT_NE(why.find("missing/acl"), std::string::npos) << why;
  std::ofstream(folder / "pid") << "nonsense";
  EXPECT_FALSE(file(folder / "pid").write({}, why).ok());
  EXPECT_NE(why.find("pid"), std::string::npos) << why;
}

TEST_F(RightsFileTest, SecretsKeepTheirMode) {
  EXPECT_TRUE(replace_file(folder / "token", "secret\n", 0600, why).ok()) << why;
  struct stat info {};
  ASSERT_EQ(stat((folder / "token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(RightsFileTest, WithoutAFileThereIsNothingToDo) {
  RightsFile rights({"", "", {}}, topics);
  EXPECT_TRUE(rights.write({}, why).ok());
}

}  // namespace
}  // namespace flotilla::controller::app
