#include "controller/app/cli/step_line.h"

#include <unistd.h>

#include <cstdio>

namespace flotilla::controller::app {

namespace {

constexpr const char* kEraseLine = "\r\x1b[K";  // ECMA-48 EL

}  // namespace

StepLine::StepLine() : is_terminal_(::isatty(STDERR_FILENO) != 0) {}

StepLine::~StepLine() {
  if (!shown_.empty()) std::fputs(kEraseLine, stderr);
}

void StepLine::show(const std::string& step, size_t done, size_t total) {
  if (!is_terminal_ || total == 0) return;
  std::string line = step + " " + std::to_string(100 * done / total) + " %";
  const std::lock_guard lock(mutex_);
  if (line == shown_) return;
  std::fprintf(stderr, "%s%s", kEraseLine, line.c_str());
  shown_ = std::move(line);
}

}  // namespace flotilla::controller::app
