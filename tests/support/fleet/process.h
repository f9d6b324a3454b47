#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace flotilla::test {

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs a command to its end (at most `limit_s` seconds, then SIGKILL and exit code -1).
CommandResult run(const std::vector<std::string>& argv,
                  const std::map<std::string, std::string>& environment = {}, int limit_s = 60);

/// A child process in a group of its own, which ends with the object. Output goes to a log file.
class Process {
 public:
  Process() = default;
  Process(const std::vector<std::string>& argv, const std::filesystem::path& log,
          const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;

  bool running();
  pid_t pid() const { return pid_; }
  /// SIGKILL to the process alone, as a crash would end it, and waits for it.
  void kill_hard();
  /// SIGTERM, and SIGKILL after five seconds. Returns the exit code, -1 when it had to be killed.
  int stop();

 private:
  void release();

  pid_t pid_ = -1;
};

}  // namespace flotilla::test
