#include "simulator/load/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <utility>

namespace flotilla::sim {
namespace {

constexpr int kPollMs = 10;
constexpr std::streamoff kTail = 600;

[[noreturn]] void exec_child(const std::vector<std::string>& argv, const std::string& log,
                             int inherit) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  if (inherit >= 0) ::fcntl(inherit, F_SETFD, 0);
  std::vector<char*> raw;
  for (const std::string& word : argv) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  ::execvp(raw[0], raw.data());
  ::dprintf(STDERR_FILENO, "cannot start %s: is it installed?\n", raw[0]);
  ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& argv, const std::string& log, int inherit)
    : pid_(::fork()) {
  if (pid_ == 0) exec_child(argv, log, inherit);
}

Child::~Child() {
  if (pid_ > 0) stop();
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), code_(other.code_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    if (pid_ > 0) stop();
    pid_ = std::exchange(other.pid_, -1);
    code_ = other.code_;
  }
  return *this;
}

int Child::wait(int limit_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  while (pid_ > 0) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pid_ = -1;
      break;
    }
    if (std::chrono::steady_clock::now() >= end) return -1;
    ::poll(nullptr, 0, kPollMs);
  }
  return code_;
}

bool Child::running() {
  return pid_ > 0 && wait(0) == -1 && pid_ > 0;
}

void Child::kill_hard() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait(60'000);
}

int Child::stop(int limit_ms) {
  if (pid_ <= 0) return code_;
  ::kill(pid_, SIGTERM);
  if (wait(limit_ms) == -1) kill_hard();
  return code_;
}

std::string tail_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  const std::streamoff size = in.tellg();
  if (size <= 0) return "";
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace flotilla::sim
