#include "tests/support/fleet/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

namespace flotilla::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

[[noreturn]] void exec_child(const std::vector<std::string>& argv, const std::string& out,
                             const std::string& err,
                             const std::map<std::string, std::string>& environment) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // no orphans when the test itself dies
  const int out_fd = open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int err_fd = err == out ? out_fd : open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out_fd, STDOUT_FILENO);
  dup2(err_fd, STDERR_FILENO);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> raw;
  for (const std::string& word : argv) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  execvp(raw[0], raw.data());
  _exit(127);
}

pid_t spawn(const std::vector<std::string>& argv, const std::string& out, const std::string& err,
            const std::map<std::string, std::string>& environment) {
  const pid_t pid = fork();
  if (pid == 0) exec_child(argv, out, err, environment);
  return pid;
}

/// Exit code (128 + signal), or -1 while it still runs.
int reap(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, WNOHANG) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Waits for the exit; -1 when the limit passed.
int reap_within(pid_t pid, int limit_ms) {
  const auto end = Clock::now() + std::chrono::milliseconds(limit_ms);
  for (;;) {
    const int code = reap(pid);
    if (code != -1 || Clock::now() >= end) return code;
    poll(nullptr, 0, 5);
  }
}

}  // namespace

CommandResult run(const std::vector<std::string>& argv,
                  const std::map<std::string, std::string>& environment, int limit_s) {
  char scratch[] = "/tmp/flotilla-run-XXXXXX";
  const std::filesystem::path folder = mkdtemp(scratch);
  const pid_t pid = spawn(argv, folder / "out", folder / "err", environment);
  CommandResult result;
  result.exit_code = reap_within(pid, limit_s * 1000);
  if (result.exit_code == -1) {
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  result.out = slurp(folder / "out");
  result.err = slurp(folder / "err");
  std::filesystem::remove_all(folder);
  return result;
}

Process::Process(const std::vector<std::string>& argv, const std::filesystem::path& log,
                 const std::map<std::string, std::string>& environment)
    : pid_(spawn(argv, log, log, environment)) {}

Process::~Process() {
  release();
}

Process::Process(Process&& other) noexcept : pid_(other.pid_) {
  other.pid_ = -1;
}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    release();
    pid_ = other.pid_;
    other.pid_ = -1;
  }
  return *this;
}

bool Process::running() {
  if (pid_ <= 0) return false;
  if (reap(pid_) == -1) return true;
  pid_ = -1;
  return false;
}

void Process::kill_hard() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int Process::stop() {
  if (pid_ <= 0) return -1;
  kill(pid_, SIGTERM);
  const int code = reap_within(pid_, 5000);
  if (code == -1) {
    kill_hard();
  }
  pid_ = -1;
  return code;
}

void Process::release() {
  if (pid_ <= 0) return;
  const pid_t group = pid_;
  stop();
  kill(-group, SIGKILL);  // hooks it may have left
}

}  // namespace flotilla::test
