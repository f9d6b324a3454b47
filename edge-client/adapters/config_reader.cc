#include "edge-client/adapters/config_reader.h"

#include <filesystem>

#include "edge-client/adapters/config_error.h"
#include "edge-client/adapters/posix.h"
#include "schemas/protocol/limits.h"

namespace flotilla::edge {
namespace {

using nlohmann::json;

constexpr size_t kMaxFile = 1 << 20;

const json kEmptyObject = json::object();

std::string shortened(const json& value) {
  const std::string text = value.dump();
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

/// The parser keeps the last of two equal keys; here that is a fault.
class DuplicateKeys {
 public:
  bool operator()(int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event == json::parse_event_t::key &&
        !open_.back().insert(parsed.get<std::string>()).second) {
      throw ConfigError("the key " + parsed.dump() + " occurs twice in one object");
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

}  // namespace

json ConfigReader::parse_file(const std::string& path) {
  const Result<std::string> text = read_small_file(path, kMaxFile);
  if (!text.ok()) {
    throw ConfigError(path + ": " + text.status().reason() + " (" +
                      code_name(text.status().code()) + ")");
  }
  json root;
  try {
    root = json::parse(text.value(), DuplicateKeys(), true, true);
  } catch (const std::exception& error) {
    throw ConfigError(path + ": not valid JSON: " + error.what());
  }
  if (!root.is_object()) throw ConfigError(path + ": must be a JSON object");
  return root;
}

ConfigReader::ConfigReader(const std::string& file, const json& object, std::string section,
                           std::string shown)
    : file_(file), object_(&object), section_(std::move(section)), shown_(std::move(shown)) {}

void ConfigReader::refuse(std::string_view key, const std::string& what) const {
  throw ConfigError(file_ + ": " + shown_ + std::string(key) + ": " + what);
}

const ConfigField& ConfigReader::field(const char* key) const {
  return config_field(section_ + key);
}

const json* ConfigReader::look_up(const char* key) {
  known_.insert(key);
  const auto at = object_->find(key);
  return at == object_->end() ? nullptr : &*at;
}

const json* ConfigReader::find(const ConfigField& field, const char* key) {
  const json* value = look_up(key);
  if (value == nullptr && field.required) {
    refuse(key, "is missing; allowed: " + allowed_values(field));
  }
  return value;
}

ConfigReader ConfigReader::section(const char* name) {
  const json* value = look_up(name);
  if (value == nullptr) value = &kEmptyObject;
  if (!value->is_object()) refuse(name, "must be an object");
  return {file_, *value, std::string(name) + ".", std::string(name) + "."};
}

std::vector<ConfigReader> ConfigReader::models() {
  const json* list = look_up("models");
  if (list == nullptr || !list->is_array() || list->empty() || list->size() > kMaxModels) {
    refuse("models", "must be a list of 1.." + std::to_string(kMaxModels) + " models");
  }
  std::vector<ConfigReader> out;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string shown = "models[" + std::to_string(i) + "]";
    if (!(*list)[i].is_object()) refuse(shown, "must be an object");
    out.push_back({file_, (*list)[i], "models[].", shown + "."});
  }
  return out;
}

uint64_t ConfigReader::number(const char* key) {
  const ConfigField& known = field(key);
  const json* value = find(known, key);
  if (value == nullptr) return known.fallback;
  bool fits = value->is_number_unsigned();
  const uint64_t found = fits ? value->get<uint64_t>() : 0;
  if (known.kind == FieldKind::kChoice) {
    bool listed = false;
    for (uint64_t choice : known.choices) listed = listed || choice == found;
    fits = fits && listed;
  } else {
    fits = fits && found >= known.low && found <= known.high;
  }
  if (!fits) refuse(key, shortened(*value) + " is not allowed; allowed: " + allowed_values(known));
  return found;
}

std::string ConfigReader::text(const char* key) {
  const ConfigField& known = field(key);
  const json* value = find(known, key);
  if (value == nullptr) return std::string(known.fallback_text);
  const bool fits = value->is_string() && !(known.required && value->get<std::string>().empty());
  if (!fits) refuse(key, shortened(*value) + " is not allowed; allowed: " + allowed_values(known));
  return value->get<std::string>();
}

std::string ConfigReader::path(const char* key) {
  const std::string value = text(key);
  if (value.empty() || value.front() == '/') return value;
  std::error_code error;
  const std::filesystem::path folder =
      std::filesystem::absolute(file_, error).lexically_normal().parent_path();
  return (folder / value).lexically_normal().string();
}

std::vector<std::string> ConfigReader::command(const char* key) {
  const ConfigField& known = field(key);
  const json* value = find(known, key);
  if (value == nullptr) return {};
  bool fits = value->is_array();
  std::vector<std::string> argv;
  for (const json& part : *value) {
    fits = fits && part.is_string();
    if (fits) argv.push_back(part.get<std::string>());
  }
  if (fits && !argv.empty() && argv[0].empty()) fits = false;
  if (!fits) refuse(key, shortened(*value) + " is not allowed; allowed: " + allowed_values(known));
  return argv;
}

void ConfigReader::finish() const {
  for (const auto& item : object_->items()) {
    if (known_.contains(item.key())) continue;
    std::string allowed;
    for (const std::string& key : known_) allowed += (allowed.empty() ? "" : ", ") + key;
    refuse(item.key(), "is not a known key; allowed: " + allowed);
  }
}

}  // namespace flotilla::edge
