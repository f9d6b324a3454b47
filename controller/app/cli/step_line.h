#pragma once

#include <mutex>
#include <string>

namespace flotilla::controller::app {

/// One line on standard error that says how far a long step has come; nothing when that is no
/// terminal. Usable from several threads.
class StepLine {
 public:
  StepLine();
  ~StepLine();

  void show(const std::string& step, size_t done, size_t total);

 private:
  const bool is_terminal_;
  std::mutex mutex_;
  std::string shown_;
};

}  // namespace flotilla::controller::app
