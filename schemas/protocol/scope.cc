#include "schemas/protocol/scope.h"

#include "schemas/base/ids.h"
#include "schemas/protocol/limits.h"

namespace flotilla {
namespace {

/// The text before the first `mark`, which goes with it; all of it when there is none.
std::string_view cut(std::string_view& text, char mark) {
  size_t size = 0;
  while (size < text.size() && text[size] != mark) ++size;
  const std::string_view part(text.data(), size);  // substr() may throw
  text.remove_prefix(size < text.size() ? size + 1 : size);
  return part;
}

bool covers(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

bool is_valid_pattern(std::string_view pattern) {
  if (pattern.size() > kMaxName || pattern == "*") return pattern == "*";
  if (!pattern.empty() && pattern.back() == '*') pattern.remove_suffix(1);
  return is_valid_name(pattern);
}

}  // namespace

bool is_valid_scope(std::string_view scope) {
  size_t slashes = 0;
  for (char c : scope) slashes += c == '/' ? 1 : 0;
  const std::string_view model = cut(scope, '/');
  return slashes == 1 && is_valid_pattern(model) && is_valid_pattern(scope);
}

bool are_valid_scopes(std::string_view scopes) {
  if (scopes.empty() || scopes.size() > kMaxScopes || scopes.back() == ' ') return false;
  while (!scopes.empty()) {
    if (!is_valid_scope(cut(scopes, ' '))) return false;
  }
  return true;
}

bool scopes_cover(std::string_view scopes, std::string_view model,
                  std::string_view hardware_class) {
  if (scopes.empty()) return true;
  while (!scopes.empty()) {
    std::string_view scope = cut(scopes, ' ');
    const std::string_view models = cut(scope, '/');
    if (covers(models, model) && covers(scope, hardware_class)) return true;
  }
  return false;
}

}  // namespace flotilla
