#pragma once

#include <string>
#include <vector>

#include "controller/api/json.h"

/// Text for people.
namespace flotilla::controller::app {

/// Columns of the terminal on standard output; 0: it is none.
size_t terminal_width();

/// Left-aligned columns, two spaces apart, under a header; trailing blanks are cut.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// With a width the last column is folded into it, on lines of its own when there is no room.
  std::string text(size_t width = 0) const;
  void print() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// A member as people read it: text as it is, null as "-", the rest as JSON.
std::string field(const api::Json& object, const char* name);
/// A member that counts; 0 when it is not there.
uint64_t number(const api::Json& object, const char* name);
/// "2026-05-01 12:00:00" of an RFC 3339 instant.
std::string instant(const api::Json& object, const char* name);
/// First 12 digits of a digest.
std::string digest(const api::Json& object, const char* name);
/// "1.5 MiB"
std::string size_text(uint64_t bytes);
/// "name: value" lines.
void print_fields(const api::Json& object, std::initializer_list<const char*> names);

}  // namespace flotilla::controller::app
