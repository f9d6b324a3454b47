#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/api/json.h"

namespace flotilla::controller::api {

/// What to look for: comparisons of fields, joined by and, or, not and parentheses
/// (docs/search.md).
class Query {
 public:
  static constexpr size_t kMaxText = 2048;
  static constexpr size_t kMaxComparisons = 64;
  static constexpr unsigned kMaxDepth = 32;

  /// Values of a field, each a text, number or truth value; none: it is not there.
  using Values = std::function<std::vector<Json>(const std::string& field)>;
  /// Why there is no such field; empty: there is.
  using FieldFault = std::function<std::string(const std::string& field)>;

  /// A refusal says at which character, counted from 1, what is wrong.
  static std::optional<Refusal> parse(std::string_view text, const FieldFault& field_fault,
                                      Query& out);

  bool matches(const Values& values) const;
  /// The fields that are compared.
  std::vector<std::string> fields() const;

 private:
  friend class QueryParser;

  enum class Kind : uint8_t {
    kAnd,
    kOr,
    kNot,
    kEqual,
    kUnequal,
    kLess,
    kAtMost,
    kMore,
    kAtLeast,
    kContains
  };

  struct Node {
    Kind kind = Kind::kEqual;
    size_t left = 0;  ///< of and, or, not
    size_t right = 0;
    std::string field;
    std::string text;  ///< what the field is compared with
    Json number;       ///< the same as a number; null: it is none
  };

  bool holds(const Node& node, const Values& values) const;
  static bool compares(const Node& node, const Json& value);

  std::vector<Node> nodes_;  ///< the last is the root; none: everything matches
};

}  // namespace flotilla::controller::api
