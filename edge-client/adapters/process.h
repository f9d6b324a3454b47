#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "edge-client/adapters/posix.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

struct Command {
  std::vector<std::string> argv;  ///< program (looked up in PATH without a slash) and arguments
  std::vector<std::string> environment;  ///< "KEY=VALUE", added to this process's own
  Duration limit = seconds(60);          ///< then the whole process group is killed
  bool kill_group_at_exit = true;  ///< also what the program leaves behind when it ends by itself
};

/// A program in a process group of its own, without a shell: standard input empty, output and
/// errors together in a bounded tail. Never blocks, but for the moment between fork and exec.
class ChildProcess {
 public:
  enum class State : uint8_t { kNone, kRunning, kExited, kKilled, kTimeout, kNotStarted };

  ChildProcess() = default;
  ~ChildProcess() { kill_group(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Kills what still runs and starts anew. State kNotStarted, with errno in code(), on failure.
  void start(const Command& command, MonoTime now);
  /// Takes output, notices the end and the limit.
  void poll(MonoTime now);
  /// Sends a signal to the program itself.
  void send_signal(int number) const;
  /// Ends it now; state kNone.
  void kill_group();

  State state() const { return state_; }
  bool running() const { return state_ == State::kRunning; }
  /// kExited: exit status; kKilled: signal; kNotStarted: errno.
  int code() const { return code_; }
  /// The last `limit` characters of output, on one line, unprintable bytes and runs of white space
  /// as one space.
  std::string output_tail(size_t limit) const;
  int output_fd() const { return output_.get(); }
  MonoTime deadline() const { return running() ? deadline_ : kNever; }

 private:
  void take_output();
  void finish(State state, int code);

  pid_t pid_ = -1;
  Fd output_;
  std::string tail_;
  State state_ = State::kNone;
  int code_ = 0;
  MonoTime deadline_ = kNever;
  bool kill_group_at_exit_ = true;
};

}  // namespace flotilla::edge
