#pragma once

#include <cstdint>
#include <optional>
#include <string>

/// Amounts as people write them.
namespace flotilla::controller::app {

/// "90", "90s", "5m", "2h", "7d" in seconds.
std::optional<uint32_t> parse_duration(const std::string& text);

/// "10%" or "10".
struct Share {
  uint32_t number = 0;
  bool is_percent = false;
};
std::optional<Share> parse_share(const std::string& text);

/// "CLASS=FILE[,golden=FILE][,runtime=TEXT][,counter=N]"
struct VariantSpec {
  std::string hardware_class;
  std::string file;
  std::string golden;
  std::string runtime;
  std::optional<uint32_t> security_counter;
};
std::optional<VariantSpec> parse_variant(const std::string& text);

}  // namespace flotilla::controller::app
