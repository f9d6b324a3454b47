#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/domain/text.h"
#include "schemas/base/bytes.h"

/// Bytes as hexadecimal text, the form in which JSON carries what was signed.
namespace flotilla::controller::api {

/// Exactly `out.size()` bytes out of twice as many hexadecimal digits of either case.
bool read_hex(std::string_view text, MutableBytes out);
/// As many bytes as there are; nothing when it is not hexadecimal.
std::optional<std::string> parse_hex_text(std::string_view text);
using controller::hex_text;

}  // namespace flotilla::controller::api
