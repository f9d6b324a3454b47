#pragma once

#include <string>
#include <string_view>

#include "schemas/base/bytes.h"

namespace flotilla::controller::api {

/// Exactly `out.size()` bytes out of twice as many hexadecimal digits of either case.
bool read_hex(std::string_view text, MutableBytes out);
/// As many bytes as there are.
bool read_hex(std::string_view text, std::string& out);
std::string hex_text(std::string_view bytes);

}  // namespace flotilla::controller::api
