#include "edge-client/adapters/log.h"

#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>

namespace flotilla::edge {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

LogLevel g_level = LogLevel::kInfo;

std::string wall_time() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  std::array<char, 32> date{};
  const size_t size = strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction{};
  const int ms = static_cast<int>(now.tv_nsec / 1'000'000);
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", ms % 1000);
  return std::string(date.data(), size) + fraction.data();
}

bool is_plain(char c) {
  return c > 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '=';
}

void append_quoted(std::string& out, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  out += '"';
}

}  // namespace

bool parse_log_level(std::string_view text, LogLevel& out) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (text != kLevelNames[i]) continue;
    out = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

void set_log_level(LogLevel level) {
  g_level = level;
}

LogLine::LogLine(LogLevel level, std::string_view event) : enabled_(level >= g_level) {
  if (!enabled_) return;
  text_ = "time=" + wall_time();
  text_ += " level=";
  text_ += kLevelNames[static_cast<size_t>(level)];
  add("event", event);
}

LogLine::~LogLine() {
  if (!enabled_) return;
  text_ += '\n';
  // A log that cannot be written has nowhere to be reported.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text_.data(), text_.size());
}

LogLine& LogLine::add(std::string_view key, std::string_view value) {
  if (!enabled_) return *this;
  text_ += ' ';
  text_ += key;
  text_ += '=';
  bool plain = !value.empty();
  for (char c : value) plain = plain && is_plain(c);
  if (plain) {
    text_ += value;
  } else {
    append_quoted(text_, value);
  }
  return *this;
}

}  // namespace flotilla::edge
