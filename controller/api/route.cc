#include "controller/api/route.h"

#include <algorithm>
#include <array>

namespace flotilla::controller::api {

namespace {

constexpr std::array<const char*, 4> kRoleNames = {"public", "viewer", "operator", "admin"};

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

Role parse_role(std::string_view name) {
  for (size_t i = 1; i < kRoleNames.size(); ++i) {
    if (name == kRoleNames[i]) return static_cast<Role>(i);
  }
  return Role::kPublic;
}

const char* role_name(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

bool match_path(std::string_view path_template, std::string_view path,
                std::map<std::string, std::string>& parameters) {
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
