#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "edge-client/adapters/config_fields.h"

namespace flotilla::edge {

/// Reads one JSON object of the configuration by the table of fields. Every fault throws
/// ConfigError with file, key and what is allowed.
class ConfigReader {
 public:
  /// Reads the file; `path` also names it in messages.
  static nlohmann::json parse_file(const std::string& path);

  /// `section`: "" for the root, "broker." or "models[]." for others. `shown` is the same with the
  /// index of a model, for messages. Keeps a reference to `object`.
  ConfigReader(const std::string& file, const nlohmann::json& object, std::string section,
               std::string shown);

  /// A section of the root; an absent one reads as empty.
  ConfigReader section(const char* name);
  /// The list of models, each an object.
  std::vector<ConfigReader> models();

  uint64_t number(const char* key);
  std::string text(const char* key);
  /// A text that is a path; relative ones become relative to the file's folder.
  std::string path(const char* key);
  std::vector<std::string> command(const char* key);

  /// Refuses keys that nobody has asked for.
  void finish() const;
  /// Throws ConfigError about a key of this object.
  [[noreturn]] void refuse(std::string_view key, const std::string& what) const;

 private:
  const nlohmann::json* find(const ConfigField& field, const char* key);
  const nlohmann::json* look_up(const char* key);
  const ConfigField& field(const char* key) const;

  std::string file_;
  const nlohmann::json* object_;
  std::string section_;
  std::string shown_;
  std::set<std::string> known_;
};

}  // namespace flotilla::edge
