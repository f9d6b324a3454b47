// Commands that try to get out of the sandbox (tests/support/sandbox_probe.cc), each stopped. Where
// the system gives no namespaces or Landlock, what depends on these is left out.

#include "controller/adapters/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "controller/adapters/sandbox_watch.h"

namespace flotilla::controller {
namespace {

namespace fs = std::filesystem;

constexpr int kRefused = 3;  ///< exit code of the probe
constexpr uid_t kNobody = 65534;

class SandboxTest : public ::testing::Test {
 protected:
  SandboxTest() {
    char scratch[] = "/tmp/flotilla-sandbox-XXXXXX";
    root_ = mkdtemp(scratch);
    ::chmod(root_.c_str(), 0755);
    fs::create_directory(work());
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown(work().c_str(), kNobody, kNobody), 0);
    }
    // Where another user may start it, whatever folder the build is in.
    fs::copy_file(SANDBOX_PROBE, root_ / "probe");
    ::chmod((root_ / "probe").c_str(), 0755);
    std::ofstream(root_ / "secret") << "the server's own";
    ::chmod((root_ / "secret").c_str(), 0666);
    order_.folder = work();
    order_.walls.needs_namespaces = false;
    order_.walls.needs_landlock = false;
    order_.limits.wall_s = 60;
    order_.limits.memory_mib = 512;
  }
  ~SandboxTest() override { fs::remove_all(root_); }

  fs::path work() const { return root_ / "work"; }
  std::string secret() const { return root_ / "secret"; }

  SandboxOutcome run(std::vector<std::string> words) {
    words.insert(words.begin(), root_ / "probe");
    order_.argv = words;
    return run_in_sandbox(order_, cancel_);
  }
  static bool has(const SandboxOutcome& outcome, const std::string& mechanism) {
    return std::any_of(
        outcome.mechanisms.begin(), outcome.mechanisms.end(),
        [&](const std::string& text) { return text.find(mechanism) != std::string::npos; });
  }

  fs::path root_;
  SandboxOrder order_;
  std::atomic<bool> cancel_ = false;
};

TEST_F(SandboxTest, RunsWhatBehaves) {
  const SandboxOutcome outcome = run({"fine"});
  EXPECT_EQ(outcome.end, SandboxEnd::kExited) << outcome.explanation;
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.log, "done\n");
  EXPECT_EQ(outcome.log_bytes, 5u);
  EXPECT_TRUE(has(outcome, "seccomp"));
}

TEST_F(SandboxTest, ASocketEndsIt) {
  const SandboxOutcome outcome = run({"socket"});
  EXPECT_EQ(outcome.end, SandboxEnd::kNetwork) << outcome.explanation;
  EXPECT_NE(outcome.explanation.find("network socket"), std::string::npos);
  const SandboxOutcome local = run({"local-socket"});
  EXPECT_EQ(local.end, SandboxEnd::kExited);
  EXPECT_EQ(local.code, kRefused) << local.log;
}

TEST_F(SandboxTest, NothingOutsideItsFolderIsRead) {
  const SandboxOutcome outcome = run({"read", secret()});
  if (!has(outcome, "landlock")) GTEST_SKIP() << "no Landlock here";
  EXPECT_EQ(outcome.code, kRefused) << outcome.log;
  EXPECT_EQ(outcome.log.find("the server's own"), std::string::npos);
  EXPECT_EQ(run({"read", "/etc/passwd"}).code, kRefused);
  EXPECT_EQ(run({"read", "/proc/self/environ"}).code, kRefused);
  order_.readable = {secret()};
  EXPECT_EQ(run({"read", secret()}).code, 0) << "the operator allowed it";
}

TEST_F(SandboxTest, NothingOutsideItsFolderIsChanged) {
  const SandboxOutcome outcome = run({"write", secret()});
  if (!has(outcome, "landlock")) GTEST_SKIP() << "no Landlock here";
  EXPECT_EQ(outcome.code, kRefused);
  EXPECT_EQ(run({"write", root_ / "new"}).code, kRefused);
  EXPECT_EQ(run({"truncate", secret()}).code, kRefused);
  EXPECT_EQ(run({"remove", secret()}).code, kRefused);
  run({"chmod", secret()});
  struct stat facts {};
  ASSERT_EQ(::stat(secret().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0666u) << "it believes that it did";
  EXPECT_EQ(facts.st_size, 16);
  EXPECT_EQ(run({"write", work() / "own"}).code, 0);
}

TEST_F(SandboxTest, ForkingWithoutEndIsStopped) {
  order_.limits.processes = 40;
  const SandboxOutcome outcome = run({"fork"});
  const bool by_count = outcome.end == SandboxEnd::kProcesses;
  EXPECT_TRUE(by_count || outcome.end == SandboxEnd::kWallTime) << outcome.explanation;
  EXPECT_LT(outcome.wall_ms, 60'000u);
}

TEST_F(SandboxTest, TenGibibytesAreNotToBeHad) {
  const SandboxOutcome outcome = run({"memory"});
  EXPECT_EQ(outcome.end, SandboxEnd::kMemory) << outcome.explanation;
  EXPECT_EQ(outcome.code, kRefused) << outcome.log;
  EXPECT_EQ(outcome.explanation,
            "it asked for more than 512 MiB of memory, and ended with exit code 3");
}

TEST_F(SandboxTest, AnInterpreterThatIsRefusedMemorySaysSoInItsOwnWords) {
  order_.argv = {"/usr/bin/perl", "-e", "my $x = 'x' x (10 << 30)"};
  const SandboxOutcome outcome = run_in_sandbox(order_, cancel_);
  EXPECT_EQ(outcome.end, SandboxEnd::kMemory) << outcome.explanation << outcome.log;
}

TEST_F(SandboxTest, ManySmallOnesAreCountedTogether) {
  order_.limits.memory_mib = 256;
  const SandboxOutcome outcome = run({"memory-together"});
  EXPECT_EQ(outcome.end, SandboxEnd::kMemory) << outcome.explanation;
}

TEST_F(SandboxTest, SleepingForEverIsStopped) {
  order_.limits.wall_s = 1;
  const SandboxOutcome outcome = run({"sleep"});
  EXPECT_EQ(outcome.end, SandboxEnd::kWallTime);
  EXPECT_EQ(outcome.explanation, "it ran longer than 1 s");
  EXPECT_EQ(run({"talk"}).end, SandboxEnd::kWallTime);
}

TEST_F(SandboxTest, ProcessorTimeIsLimited) {
  order_.limits.cpu_s = 1;
  const SandboxOutcome outcome = run({"spin"});
  EXPECT_EQ(outcome.end, SandboxEnd::kCpuTime) << outcome.explanation;
}

TEST_F(SandboxTest, TheDiskIsNotFilled) {
  order_.limits.disk_mib = 64;
  const SandboxOutcome outcome = run({"disk"});
  EXPECT_EQ(outcome.end, SandboxEnd::kDisk) << outcome.explanation;
}

TEST_F(SandboxTest, WhoWasQuickerThanTheWatchIsStillCounted) {
  order_.limits.disk_mib = 48;  // one file may have half of it, or all
  EXPECT_EQ(run({"disk-quick"}).end, SandboxEnd::kExited);
  order_.limits.disk_mib = 24;
  const SandboxOutcome outcome = run({"disk-quick"});
  EXPECT_EQ(outcome.end, SandboxEnd::kDisk) << outcome.explanation;
}

TEST_F(SandboxTest, FilesWithoutNamesCount) {
  order_.limits.disk_mib = 64;
  order_.limits.wall_s = 10;
  const SandboxOutcome outcome = run({"disk-unseen"});
  EXPECT_EQ(outcome.end, SandboxEnd::kDisk) << outcome.explanation;
  EXPECT_EQ(outcome.explanation.find("it wrote more than 64 MiB"), 0u) << outcome.explanation;
}

TEST_F(SandboxTest, AFileThatIsTooLargeIsNamed) {
  order_.limits.disk_mib = 64;
  for (const char* what : {"large-file", "large-file-told"}) {
    const SandboxOutcome outcome = run({what});
    EXPECT_EQ(outcome.end, SandboxEnd::kDisk) << outcome.explanation;
    EXPECT_EQ(outcome.explanation.find("it wrote more than 64 MiB"), 0u) << outcome.explanation;
  }
  order_.argv = {"/bin/sh", "-c", (root_ / "probe").string() + " large-file; exit $?"};
  order_.readable = {root_ / "probe"};
  const SandboxOutcome outcome = run_in_sandbox(order_, cancel_);
  EXPECT_EQ(outcome.end, SandboxEnd::kDisk) << "exit code 153: " << outcome.explanation;
}

TEST_F(SandboxTest, TalkingWithoutEndHidesNothing) {
  order_.limits.wall_s = 10;
  std::atomic<bool> is_over = false;
  SandboxOutcome outcome;
  std::thread other([&] {
    outcome = run({"flood"});
    is_over = true;
  });
  while (!fs::exists(work() / "started") && !is_over) std::this_thread::yield();
  cancel_ = true;
  other.join();
  EXPECT_EQ(outcome.end, SandboxEnd::kCancelled) << outcome.explanation;
}

TEST_F(SandboxTest, NoFolderIsHidden) {
  EXPECT_EQ(run({"hide"}).code, 0) << "it believes that it did";
  struct stat facts {};
  ASSERT_EQ(::stat((work() / "hidden").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
  EXPECT_NE(facts.st_uid, 12345u);
}

TEST_F(SandboxTest, WhatWasOpenedForReadingIsNotEmptied) {
  const fs::path own = work() / "own";
  std::ofstream(own) << "something";
  ::chmod(own.c_str(), 0666);
  const auto is_whole = [&] { return fs::file_size(own) == 9; };
  EXPECT_EQ(run({"open-truncate", own}).code, kRefused);
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(run({"open-truncate-no-mode", own}).code, kRefused);
  EXPECT_TRUE(is_whole());
  EXPECT_EQ(run({"openat2", own}).log, "Function not implemented\n");
  EXPECT_TRUE(is_whole());
}

TEST_F(SandboxTest, TimesByPathStay) {
  const fs::path own = work() / "own";
  std::ofstream(own) << "something";
  if (::geteuid() == 0) {
    EXPECT_EQ(::chown(own.c_str(), kNobody, kNobody), 0);
  }
  EXPECT_EQ(run({"times", own}).code, 0) << "it believes that it did";
  struct stat facts {};
  ASSERT_EQ(::stat(own.c_str(), &facts), 0);
  EXPECT_GT(facts.st_mtime, 1) << "an address of which one half is zero is an address";
}

TEST_F(SandboxTest, FewDescriptorsAreEnoughAndNoForeignOneIsWrittenTo) {
  const std::string foreign = root_ / "foreign";
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(foreign.c_str(), O_WRONLY | O_CREAT, 0600);
    if (file != 3) ::dup2(file, 3);
    rlimit few{};
    ::getrlimit(RLIMIT_NOFILE, &few);
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    ::_exit(run({"fine"}).log == "done\n" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(fs::file_size(foreign), 0u);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(SandboxTest, WhatCannotBeCountedIsEnough) {
  std::ofstream(work() / "file") << std::string(10'000, 'x');
  const uint64_t some = disk_use(work(), 1 << 20);
  EXPECT_GE(some, 10'000u);
  EXPECT_LT(some, 1u << 20);
  EXPECT_EQ(disk_use(work() / "nothing", 7), 0u) << "what is gone has no size";
  fs::path deep = work();
  for (int i = 0; i < 70; ++i) deep /= "d";
  fs::create_directories(deep);
  EXPECT_EQ(disk_use(work(), 1 << 20), 1u << 20);
}

TEST_F(SandboxTest, ClosedFoldersAreEnoughAndAreRemoved) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0) static_cast<void>(!::setresuid(kNobody, kNobody, kNobody));
    const std::string top = work() / "top";
    fs::create_directories(top + "/closed/below");
    std::ofstream(top + "/closed/below/file") << "x";
    ::chmod((top + "/closed/below").c_str(), 0300);
    ::chmod((top + "/closed").c_str(), 0);
    int wrong = disk_use(top, 1 << 20) == 1 << 20 ? 0 : 1;
    remove_folder(top);
    if (fs::exists(top)) wrong |= 2;
    ::_exit(wrong);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(SandboxTest, NobodyIsLeftBehind) {
  const SandboxOutcome outcome = run({"leave"});
  EXPECT_EQ(outcome.code, 0) << outcome.log;
  const int file = ::open((work() / "lock").c_str(), O_RDWR);
  ASSERT_GE(file, 0);
  // The lock goes when the last process that holds it has ended, which it was told to.
  EXPECT_EQ(::flock(file, LOCK_EX), 0);
  ::close(file);
}

TEST_F(SandboxTest, ItStaysInItsGroupAndNamespaces) {
  EXPECT_EQ(run({"setsid"}).code, kRefused);
  EXPECT_EQ(run({"unshare"}).code, kRefused);
  const SandboxOutcome outcome = run({"parent"});
  if (!has(outcome, "namespaces")) GTEST_SKIP() << "no namespaces here";
  EXPECT_EQ(outcome.code, kRefused) << "its parent is the server's process";
}

TEST_F(SandboxTest, HoldsNothingOfTheServersOpen) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  std::atomic<bool> is_over = false;
  std::thread other([&] {
    run({"sleep"});
    is_over = true;
  });
  while (!fs::exists(work() / "started") && !is_over) std::this_thread::yield();
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "its end is the only one";
  EXPECT_FALSE(is_over);
  cancel_ = true;
  other.join();
  ::close(ends[0]);
}

TEST_F(SandboxTest, IsCancelled) {
  std::thread other([this] { cancel_ = true; });
  const SandboxOutcome outcome = run({"sleep"});
  other.join();
  EXPECT_EQ(outcome.end, SandboxEnd::kCancelled);
}

TEST_F(SandboxTest, SaysWhatCannotBeStarted) {
  order_.argv = {"/no/such/program"};
  const SandboxOutcome outcome = run_in_sandbox(order_, cancel_);
  EXPECT_EQ(outcome.end, SandboxEnd::kNotStarted);
  EXPECT_NE(outcome.explanation.find("/no/such/program cannot be started: No such file"),
            std::string::npos)
      << outcome.explanation;
}

/// From here on this process gets no namespaces and no Landlock, as in a strict container.
void become_poor() {
  const auto refused = [](uint32_t call) {
    return std::vector<sock_filter>{
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
    };
  };
  std::vector<sock_filter> code = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)}};
  for (const int call : {SYS_unshare, SYS_landlock_create_ruleset}) {
    const auto part = refused(static_cast<uint32_t>(call));
    code.insert(code.end(), part.begin(), part.end());
  }
  code.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

TEST_F(SandboxTest, WithoutWallsNothingRunsUnlessTheOperatorSaysSo) {
  const pid_t child = ::fork();
  if (child == 0) {
    become_poor();
    const auto end_with = [this](bool namespaces, bool landlock, const char* word) {
      order_.walls.needs_namespaces = namespaces;
      order_.walls.needs_landlock = landlock;
      const SandboxOutcome outcome = run({"fine"});
      if (*word == '\0') return outcome.end == SandboxEnd::kExited && outcome.code == 0;
      return outcome.end == SandboxEnd::kNotStarted &&
             outcome.explanation.find(word) != std::string::npos;
    };
    int wrong = 0;
    if (!end_with(true, false, "no namespaces")) wrong |= 1;
    if (!end_with(false, true, "no Landlock")) wrong |= 2;
    if (!end_with(false, false, "")) wrong |= 4;
    ::_exit(wrong);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace flotilla::controller
