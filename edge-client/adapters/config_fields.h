#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace flotilla::edge {

enum class FieldKind : uint8_t { kText, kPath, kNumber, kChoice, kCommand };

/// One key of the configuration file: the source of checks, defaults and help alike.
struct ConfigField {
  std::string_view key;  ///< "section.key"; "models[].key" for each model
  FieldKind kind = FieldKind::kText;
  bool required = false;
  std::string_view unit;  ///< of a number
  uint64_t low = 0;       ///< kNumber: least and greatest value
  uint64_t high = 0;
  uint64_t fallback = 0;           ///< kNumber, kChoice
  std::string_view fallback_text;  ///< kText, kPath: the value; also shown in the help
  std::span<const uint64_t> choices;
  std::string_view help;
};

std::span<const ConfigField> config_fields();
/// The field of that key; there must be one.
const ConfigField& config_field(std::string_view key);
/// Every key with meaning, unit, limits and default, two lines each.
std::string config_reference();
/// "a number of seconds, 1..600", for messages.
std::string allowed_values(const ConfigField& field);

}  // namespace flotilla::edge
