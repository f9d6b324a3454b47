#include "controller/app/log.h"

#include <unistd.h>

#include <chrono>

#include "controller/api/text.h"

namespace flotilla::controller::app {

namespace {

const char* level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

bool needs_quotes(const std::string& text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == 0x7f) return true;
  }
  return false;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + "\"";
}

std::string now_text() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return api::time_text(
      WallTime{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()});
}

}  // namespace

std::string format_log(LogLevel level, const char* event, std::initializer_list<LogField> fields) {
  std::string line = std::string("level=") + level_name(level) + " event=" + event;
  for (const auto& [name, value] : fields) {
    line += std::string(" ") + name + "=" + (needs_quotes(value) ? quoted(value) : value);
  }
  return line;
}

void log_line(LogLevel level, const char* event, std::initializer_list<LogField> fields) {
  const std::string line = "time=" + now_text() + " " + format_log(level, event, fields) + "\n";
  // One write, so that lines of several threads do not mix; a full pipe loses the line.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace flotilla::controller::app
