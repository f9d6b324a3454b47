#include "controller/api/document/text_patterns.h"

#include <algorithm>
#include <iterator>

#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

/// 2026-05-01T12:00:00Z, with or without a fraction.
bool is_instant(std::string_view text) {
  constexpr std::string_view kForm = "0000-00-00T00:00:00";
  if (text.size() < kForm.size() + 1 || text.back() != 'Z') return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !is_digit(text[i]) : text[i] != kForm[i]) return false;
  }
  const std::string_view rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (rest.empty()) return true;
  return rest.size() > 1 && rest[0] == '.' && std::all_of(rest.begin() + 1, rest.end(), is_digit);
}

struct Pattern {
  std::string_view pattern;
  bool (*fits)(std::string_view text);
};

constexpr Pattern kPatterns[] = {
    {"^(sha256:)?[0-9a-f]{64}$", is_digest},
    {"^[a-z0-9_-]{1,32}$", [](std::string_view text) { return is_valid_name(text); }},
    {"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$", is_instant}};

}  // namespace

bool is_known_pattern(std::string_view pattern) {
  return std::any_of(std::begin(kPatterns), std::end(kPatterns),
                     [&](const Pattern& known) { return known.pattern == pattern; });
}

bool fits_pattern(std::string_view pattern, std::string_view text) {
  return std::any_of(std::begin(kPatterns), std::end(kPatterns), [&](const Pattern& known) {
    return known.pattern == pattern && known.fits(text);
  });
}

}  // namespace flotilla::controller::api
