#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace flotilla::edge {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

/// False for anything but debug, info, warning, error.
bool parse_log_level(std::string_view text, LogLevel& out);
/// Lines below `level` are dropped. Of the whole process; info at first.
void set_log_level(LogLevel level);

/// One line of `key=value` pairs on standard error, written when the object dies:
///   time=2026-03-01T12:00:00.123Z level=info event=online broker=plant:8883
/// Values with spaces, quotes or unprintable bytes are quoted and escaped.
class LogLine {
 public:
  LogLine(LogLevel level, std::string_view event);
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;
  ~LogLine();

  LogLine& add(std::string_view key, std::string_view value);
  template <std::integral T>
  LogLine& add(std::string_view key, T value) {
    return add(key, std::string_view(std::to_string(value)));
  }

 private:
  std::string text_;
  bool enabled_;
};

inline LogLine log_debug(std::string_view event) {
  return LogLine(LogLevel::kDebug, event);
}
inline LogLine log_info(std::string_view event) {
  return LogLine(LogLevel::kInfo, event);
}
inline LogLine log_warning(std::string_view event) {
  return LogLine(LogLevel::kWarning, event);
}
inline LogLine log_error(std::string_view event) {
  return LogLine(LogLevel::kError, event);
}

}  // namespace flotilla::edge
