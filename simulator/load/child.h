#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace flotilla::sim {

/// A child process in a group of its own (Ctrl-C does not reach it), which ends with this object or
/// with this program. Its output goes to a file.
class Child {
 public:
  Child() = default;
  /// `inherit`: a descriptor that stays open in it; -1: none.
  Child(const std::vector<std::string>& argv, const std::string& log, int inherit = -1);
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  pid_t pid() const { return pid_; }
  bool running();
  /// SIGKILL, and waits.
  void kill_hard();
  /// SIGTERM, SIGKILL after `limit_ms`; waits. The exit code, 128 + signal when it was killed.
  int stop(int limit_ms = 5000);
  /// Waits for its end at most so long; -1: it still runs.
  int wait(int limit_ms);

 private:
  pid_t pid_ = -1;
  int code_ = -1;
};

/// The last lines of a log, for people.
std::string tail_of(const std::string& file);

}  // namespace flotilla::sim
