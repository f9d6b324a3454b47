#include "edge-client/adapters/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace flotilla::edge {
namespace {

constexpr size_t kTailBytes = 4096;

struct Pipe {
  Fd read;
  Fd write;
};

bool open_pipe(Pipe& out, int flags) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), flags | O_CLOEXEC) != 0) return false;
  out.read.reset(ends[0]);
  out.write.reset(ends[1]);
  return true;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> merged = added;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    const std::string_view key = entry.substr(0, entry.find('=') + 1);
    bool replaced = false;
    for (const std::string& own : added) replaced = replaced || own.starts_with(key);
    if (!replaced) merged.emplace_back(entry);
  }
  return merged;
}

/// Runs in the child between fork and exec: only calls that are safe there. Tells errno through
/// `error_fd` when there is no program to run.
[[noreturn]] void become(char* const* argv, char* const* env, int input, int output, int error_fd,
                         bool die_with_parent) {
  ::setpgid(0, 0);
  if (die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int number : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
    ::signal(number, SIG_DFL);
  }
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvpe(argv[0], argv, env);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(error_fd, &error, sizeof error);
  ::_exit(127);
}

/// Waits for exec; 0, or the errno value of the child.
int exec_error(int fd) {
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(fd, &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == sizeof error ? error : 0;
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

void ChildProcess::start(const Command& command, MonoTime now) {
  kill_group();
  tail_.clear();
  Pipe output;
  Pipe failure;
  const Fd input = open_file("/dev/null", O_RDONLY);
  if (!input.valid() || !open_pipe(output, O_NONBLOCK) || !open_pipe(failure, 0)) {
    return finish(State::kNotStarted, errno);
  }
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> variables = merged_environment(command.environment);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> env = pointers(variables);
  // The child's end must block, or a busy program would see errors when it prints.
  const int flags = ::fcntl(output.write.get(), F_GETFL);
  ::fcntl(output.write.get(), F_SETFL, flags & ~O_NONBLOCK);

  const pid_t pid = ::fork();
  if (pid < 0) return finish(State::kNotStarted, errno);
  if (pid == 0) {
    become(argv.data(), env.data(), input.get(), output.write.get(), failure.write.get(),
           command.kill_group_at_exit);
  }
  ::setpgid(pid, pid);  // the child does the same; whoever comes first
  failure.write.reset();
  const int error = exec_error(failure.read.get());
  if (error != 0) {
    reap(pid);
    return finish(State::kNotStarted, error);
  }
  pid_ = pid;
  output_ = std::move(output.read);
  state_ = State::kRunning;
  deadline_ = now + command.limit;
  kill_group_at_exit_ = command.kill_group_at_exit;
}

void ChildProcess::finish(State state, int code) {
  state_ = state;
  code_ = code;
  pid_ = -1;
  output_.reset();
}

void ChildProcess::send_signal(int number) const {
  if (running()) ::kill(pid_, number);
}

void ChildProcess::kill_group() {
  if (running()) {
    ::kill(-pid_, SIGKILL);
    reap(pid_);
  }
  finish(State::kNone, 0);
}

void ChildProcess::take_output() {
  std::array<char, 4096> buffer;
  for (int round = 0; round < 16; ++round) {
    const ssize_t n = ::read(output_.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      output_.reset();  // it closed its output, and may well run on
      return;
    }
    tail_.append(buffer.data(), static_cast<size_t>(n));
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }
}

void ChildProcess::poll(MonoTime now) {
  if (!running()) return;
  if (output_.valid()) take_output();
  siginfo_t info{};
  const auto id = static_cast<id_t>(pid_);
  // WNOWAIT: while the leader is not reaped, nobody else can get the number of its group.
  if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_) {
    if (output_.valid()) take_output();
    if (kill_group_at_exit_) ::kill(-pid_, SIGKILL);
    reap(pid_);
    return finish(info.si_code == CLD_EXITED ? State::kExited : State::kKilled, info.si_status);
  }
  if (now < deadline_) return;
  ::kill(-pid_, SIGKILL);
  reap(pid_);
  finish(State::kTimeout, 0);
}

std::string ChildProcess::output_tail(size_t limit) const {
  std::string line;
  for (char c : tail_) {
    const bool printable = c > 0x20 && c < 0x7F;
    if (printable) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() > limit) line.erase(0, line.size() - limit);
  return line;
}

}  // namespace flotilla::edge
