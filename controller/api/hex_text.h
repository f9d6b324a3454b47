#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "schemas/base/bytes.h"

/// Bytes as lower-case hexadecimal text, the form in which JSON carries what was signed.
namespace flotilla::controller::api {

std::string hex_text(Bytes bytes);
/// Nothing when it is not hexadecimal.
std::optional<std::string> parse_hex_text(std::string_view text);

}  // namespace flotilla::controller::api
