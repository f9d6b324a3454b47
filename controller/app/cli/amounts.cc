#include "controller/app/cli/amounts.h"

#include <charconv>

namespace flotilla::controller::app {

namespace {

std::optional<uint32_t> parse_number(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

uint32_t seconds_of_unit(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return 0;
  }
}

/// One ",name=value" part.
bool take_part(const std::string& part, VariantSpec& spec) {
  const size_t equals = part.find('=');
  if (equals == std::string::npos) return false;
  const std::string name = part.substr(0, equals);
  const std::string value = part.substr(equals + 1);
  if (name == "golden") {
    spec.golden = value;
  } else if (name == "runtime") {
    spec.runtime = value;
  } else if (name == "counter") {
    spec.security_counter = parse_number(value);
    return spec.security_counter.has_value();
  } else {
    return false;
  }
  return !value.empty();
}

}  // namespace

std::optional<uint32_t> parse_duration(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const uint32_t unit = seconds_of_unit(text.back());
  const auto number =
      parse_number(std::string_view(text).substr(0, text.size() - (unit == 0 ? 0 : 1)));
  if (!number || uint64_t{*number} * (unit == 0 ? 1 : unit) > UINT32_MAX) return std::nullopt;
  return *number * (unit == 0 ? 1 : unit);
}

std::optional<Share> parse_share(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const bool is_percent = text.back() == '%';
  const auto number =
      parse_number(std::string_view(text).substr(0, text.size() - (is_percent ? 1 : 0)));
  if (!number) return std::nullopt;
  return Share{*number, is_percent};
}

std::optional<VariantSpec> parse_variant(const std::string& text) {
  VariantSpec spec;
  size_t comma = text.find(',');
  const std::string head = text.substr(0, comma);
  const size_t equals = head.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == head.size()) return std::nullopt;
  spec.hardware_class = head.substr(0, equals);
  spec.file = head.substr(equals + 1);
  while (comma != std::string::npos) {
    const size_t next = text.find(',', comma + 1);
    if (!take_part(text.substr(comma + 1, next - comma - 1), spec)) return std::nullopt;
    comma = next;
  }
  return spec;
}

}  // namespace flotilla::controller::app
