#include "controller/api/hex.h"

namespace flotilla::controller::api {

bool read_hex(std::string_view text, MutableBytes out) {
  std::string bytes;
  if (!controller::parse_hex_text(text, bytes) || bytes.size() != out.size()) return false;
  copy(as_bytes(bytes), out);
  return true;
}

std::optional<std::string> parse_hex_text(std::string_view text) {
  std::string out;
  return controller::parse_hex_text(text, out) ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace flotilla::controller::api
