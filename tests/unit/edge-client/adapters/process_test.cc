#include "edge-client/adapters/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "tests/unit/edge-client/app/pki.h"

namespace flotilla::edge::test {
namespace {

constexpr MonoTime kStart{1000};

/// Lets the program run until it ends, with time standing still.
void finish(ChildProcess& process) {
  for (int i = 0; process.running() && i < 2000; ++i) {
    pollfd output{process.output_fd(), POLLIN, 0};
    ::poll(&output, 1, 10);
    process.poll(kStart);
  }
  ASSERT_FALSE(process.running());
}

Command shell(const std::string& script) {
  Command command;
  command.argv = {"/bin/sh", "-c", script};
  return command;
}

class ProcessTest : public testing::Test {
 protected:
  void run(const Command& command) {
    process.start(command, kStart);
    finish(process);
  }
  ChildProcess process;
};

TEST_F(ProcessTest, TellsStatusAndOutput) {
  run(shell("echo good; echo worse >&2; exit 3"));
  EXPECT_EQ(process.state(), ChildProcess::State::kExited);
  EXPECT_EQ(process.code(), 3);
  EXPECT_EQ(process.output_tail(100), "good worse");
}

TEST_F(ProcessTest, TellsTheSignal) {
  run(shell("kill -SEGV $$"));
  EXPECT_EQ(process.state(), ChildProcess::State::kKilled);
  EXPECT_EQ(process.code(), SIGSEGV);
}

TEST_F(ProcessTest, APathIsNotNeededAndAMissingProgramIsTold) {
  Command command;
  command.argv = {"true"};
  run(command);
  EXPECT_EQ(process.code(), 0);
  command.argv = {"/no/such/program"};
  process.start(command, kStart);
  EXPECT_EQ(process.state(), ChildProcess::State::kNotStarted);
  EXPECT_EQ(process.code(), ENOENT);
  command.argv = {"/etc/passwd"};
  process.start(command, kStart);
  EXPECT_EQ(process.state(), ChildProcess::State::kNotStarted);
  EXPECT_EQ(process.code(), EACCES);
}

TEST_F(ProcessTest, OutputIsBoundedAndOnOneLine) {
  run(shell("head -c 300000 /dev/zero | tr '\\0' x; printf 'a\\tb\\001\\n\\nlast\\n'"));
  EXPECT_EQ(process.output_tail(11), "xxxa b last");
  EXPECT_LE(process.output_tail(SIZE_MAX).size(), 4096u);
}

TEST_F(ProcessTest, EnvironmentIsAddedAndReplaced) {
  ::setenv("FLOTILLA_TEST", "old", 1);
  Command command = shell("echo $FLOTILLA_TEST/$FLOTILLA_OTHER/${PATH:+path}");
  command.environment = {"FLOTILLA_TEST=new", "FLOTILLA_OTHER=1"};
  run(command);
  EXPECT_EQ(process.output_tail(100), "new/1/path");
}

TEST_F(ProcessTest, InputIsEmptyAndDescriptorsStayHome) {
  const Fd secret = open_file("/dev/null", O_RDONLY);
  run(shell("cat; test -e /proc/self/fd/" + std::to_string(secret.get()) + "; echo $?"));
  EXPECT_EQ(process.output_tail(100), "1");
}

/// Whether a process still runs; a zombie that nobody waits for does not.
bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0 &&
         read_small_file("/proc/" + std::to_string(pid) + "/stat", 4096).value().find(") Z") ==
             std::string::npos;
}

/// Waits for what the kernel does to a killed process.
bool dies(pid_t pid) {
  for (int i = 0; alive(pid) && i < 500; ++i) ::poll(nullptr, 0, 10);
  return !alive(pid);
}

/// Reads the number that the program prints first.
pid_t printed_pid(ChildProcess& process) {
  while (process.running() && process.output_tail(100).empty()) {
    pollfd output{process.output_fd(), POLLIN, 0};
    ::poll(&output, 1, 10);
    process.poll(kStart);
  }
  return static_cast<pid_t>(std::stol(process.output_tail(100)));
}

TEST_F(ProcessTest, TheLimitKillsGrandchildrenToo) {
  Command command = shell("sleep 1000 & echo $!; wait");
  command.limit = seconds(5);
  process.start(command, kStart);
  const pid_t grandchild = printed_pid(process);
  EXPECT_TRUE(alive(grandchild));
  process.poll(kStart + seconds(4));
  EXPECT_TRUE(process.running());
  process.poll(kStart + seconds(5));
  EXPECT_EQ(process.state(), ChildProcess::State::kTimeout);
  EXPECT_TRUE(dies(grandchild));
}

TEST_F(ProcessTest, WhatAProgramLeavesBehindDiesWithIt) {
  run(shell("sleep 1000 & echo $!"));
  EXPECT_EQ(process.code(), 0);
  EXPECT_TRUE(dies(static_cast<pid_t>(std::stol(process.output_tail(100)))));
}

TEST_F(ProcessTest, UnlessItMayLeaveSomethingBehind) {
  Command command = shell("sleep 1000 >/dev/null 2>&1 & echo $!");
  command.kill_group_at_exit = false;
  run(command);
  const auto left = static_cast<pid_t>(std::stol(process.output_tail(100)));
  EXPECT_TRUE(alive(left));
  ::kill(left, SIGKILL);
}

TEST_F(ProcessTest, ANewStartKillsTheOld) {
  process.start(shell("sleep 1000 & echo $!; wait"), kStart);
  const pid_t grandchild = printed_pid(process);
  run(shell("echo second"));
  EXPECT_EQ(process.output_tail(100), "second");
  EXPECT_TRUE(dies(grandchild));
}

TEST_F(ProcessTest, SignalsReachTheProgramAlthoughOursAreBlocked) {
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &old);
  process.start(shell("echo up; exec sleep 1000"), kStart);
  ::sigprocmask(SIG_SETMASK, &old, nullptr);
  process.send_signal(SIGTERM);
  finish(process);
  EXPECT_EQ(process.state(), ChildProcess::State::kKilled);
  EXPECT_EQ(process.code(), SIGTERM);
}

}  // namespace
}  // namespace flotilla::edge::test
