#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <utility>

namespace flotilla::controller::app {

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

using LogField = std::pair<const char*, std::string>;

/// Where lines for people go: log_line() in the product.
using LogSink = std::function<void(LogLevel, const char* event, std::initializer_list<LogField>)>;

/// One line on standard error: time, level, event and fields as key=value. Values with spaces,
/// quotes or control characters are quoted. Usable from several threads.
void log_line(LogLevel level, const char* event, std::initializer_list<LogField> fields = {});

/// The line without its time, for tests.
std::string format_log(LogLevel level, const char* event, std::initializer_list<LogField> fields);

}  // namespace flotilla::controller::app
