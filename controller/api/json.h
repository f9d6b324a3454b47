#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "controller/domain/effect.h"

namespace flotilla::controller::api {

/// Keys in byte order: the same value is always the same text.
using Json = nlohmann::json;

/// Deepest nesting of arrays and objects in `text`; strings are skipped. Linear, no recursion.
int json_depth(std::string_view text);

/// Parses a body of at most kMaxBody bytes and kMaxDepth levels. A refusal says what was wrong.
std::optional<Refusal> parse_json(std::string_view text, Json& out);

/// Compact text; bytes that are not UTF-8 are replaced.
std::string to_text(const Json& value);

}  // namespace flotilla::controller::api
