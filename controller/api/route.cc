#include "controller/api/route.h"

#include <algorithm>

namespace flotilla::controller::api {

namespace {

std::string_view next_segment(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

const char* rule_name(const Rule& rule) {
  switch (rule.kind) {
    case Rule::Kind::kPublic:
      return "public";
    case Rule::Kind::kAnyToken:
      return "token";
    case Rule::Kind::kPermission:
      return permission_name(rule.permission);
  }
  return "";
}

bool match_path(std::string_view path_template, std::string_view path, Parameters& parameters) {
  parameters.clear();
  if (std::count(path.begin(), path.end(), '/') !=
      std::count(path_template.begin(), path_template.end(), '/')) {
    return false;
  }
  while (!path_template.empty() && !path.empty()) {
    const std::string_view expected = next_segment(path_template);
    const std::string_view found = next_segment(path);
    if (is_parameter(expected) && !found.empty()) {
      parameters[std::string(expected.substr(1, expected.size() - 2))] = found;
    } else if (expected != found) {
      return false;
    }
  }
  return path_template.empty() && path.empty();
}

}  // namespace flotilla::controller::api
