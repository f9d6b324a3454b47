#include "controller/app/cli/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace flotilla::controller::app {

namespace {

/// With less room than this the last cell begins a line of its own.
constexpr size_t kMinFold = 20;

/// `text` in lines of at most `width` bytes, broken at blanks where there are any; the lines after
/// the first begin with `indent` blanks.
std::string fold(const std::string& text, size_t width, size_t indent) {
  std::string out;
  size_t from = 0;
  while (text.size() - from > width) {
    size_t to = text.rfind(' ', from + width);
    if (to == std::string::npos || to <= from) to = from + width;
    out += text.substr(from, to - from) + "\n" + std::string(indent, ' ');
    from = to + (text[to] == ' ' ? 1 : 0);
  }
  return out + text.substr(from);
}

/// The last cell after `line`, within a terminal.
std::string last_cell(const std::string& line, const std::string& cell, size_t width,
                      size_t first_column) {
  if (line.size() + cell.size() <= width) return cell;
  if (line.size() + kMinFold <= width) return fold(cell, width - line.size(), line.size());
  const size_t indent = first_column + 2;
  if (indent + kMinFold > width) return cell;
  return "\n" + std::string(indent, ' ') + fold(cell, width - indent, indent);
}

}  // namespace

size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string Table::text(size_t width) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      if (width > 0 && i + 1 == widths.size()) {
        const std::string cell = last_cell(line, row[i], width, widths[0]);
        if (cell.rfind('\n', 0) == 0) line.erase(line.find_last_not_of(' ') + 1);
        line += cell;
      } else {
        line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

void Table::print() const {
  std::fputs(text(terminal_width()).c_str(), stdout);
}

uint64_t number(const api::Json& object, const char* name) {
  return object.value(name, uint64_t{0});
}

std::string field(const api::Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "-";
  if (found->is_string())
    return found->get_ref<const std::string&>().empty() ? "-"
                                                        : found->get_ref<const std::string&>();
  return api::to_text(*found);
}

std::string instant(const api::Json& object, const char* name) {
  std::string text = field(object, name);
  if (text.size() < 19) return text;
  text.resize(19);
  text[10] = ' ';
  return text;
}

std::string digest(const api::Json& object, const char* name) {
  return field(object, name).substr(0, 12);
}

std::string size_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit < 4; ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

void print_fields(const api::Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    std::printf("%-24s %s\n", label.c_str(), field(object, name).c_str());
  }
}

}  // namespace flotilla::controller::app
