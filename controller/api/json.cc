#include "controller/api/json.h"

#include <algorithm>

#include "controller/api/message.h"

namespace flotilla::controller::api {

int json_depth(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

std::optional<Refusal> parse_json(std::string_view text, Json& out) {
  if (text.size() > kMaxBody) {
    return Refusal{Code::kOutOfRange,
                   "the body has " + std::to_string(text.size()) + " bytes, the limit is " +
                       std::to_string(kMaxBody),
                   "send less; files go to POST /api/v1/artifacts"};
  }
  if (json_depth(text) > kMaxDepth) {
    return Refusal{Code::kOutOfRange,
                   "the body nests deeper than " + std::to_string(kMaxDepth) + " levels",
                   "send a flatter document"};
  }
  out = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!out.is_discarded()) return std::nullopt;
  return Refusal{Code::kInvalidArgument, "the body is not valid JSON",
                 "send Content-Type application/json with one JSON value"};
}

std::string to_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace flotilla::controller::api
