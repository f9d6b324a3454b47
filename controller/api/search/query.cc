#include "controller/api/search/query.h"

#include <algorithm>

namespace flotilla::controller::api {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string lower_text(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

/// A number of JSON's form, nothing else; null: it is none.
Json as_number(const std::string& text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_number() ? value : Json();
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

bool Query::compares(const Node& node, const Json& value) {
  if (node.kind == Kind::kContains) {
    return lower_text(as_text(value)).find(lower_text(node.text)) != std::string::npos;
  }
  const bool by_number = value.is_number() && node.number.is_number();
  const Json& wanted = node.number;
  const std::string found = by_number ? "" : as_text(value);
  switch (node.kind) {
    case Kind::kEqual:
    case Kind::kUnequal:
      return by_number ? value == wanted : found == node.text;
    case Kind::kLess:
      return by_number ? value < wanted : value.is_string() && found < node.text;
    case Kind::kAtMost:
      return by_number ? value <= wanted : value.is_string() && found <= node.text;
    case Kind::kMore:
      return by_number ? value > wanted : value.is_string() && found > node.text;
    case Kind::kAtLeast:
      return by_number ? value >= wanted : value.is_string() && found >= node.text;
    case Kind::kContains:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
      return false;
  }
  return false;
}

bool Query::holds(const Node& node, const Values& values) const {
  if (node.kind == Kind::kNot) return !holds(nodes_[node.left], values);
  if (node.kind == Kind::kAnd) {
    return holds(nodes_[node.left], values) && holds(nodes_[node.right], values);
  }
  if (node.kind == Kind::kOr) {
    return holds(nodes_[node.left], values) || holds(nodes_[node.right], values);
  }
  const std::vector<Json> found = values(node.field);
  const bool any = std::any_of(found.begin(), found.end(),
                               [&](const Json& value) { return compares(node, value); });
  return node.kind == Kind::kUnequal ? !any : any;
}

bool Query::matches(const Values& values) const {
  return nodes_.empty() || holds(nodes_.back(), values);
}

std::vector<std::string> Query::fields() const {
  std::vector<std::string> out;
  for (const Node& node : nodes_) {
    if (!node.field.empty()) out.push_back(node.field);
  }
  return out;
}

/// Recursive descent; the first fault ends it.
class QueryParser {
 public:
  QueryParser(std::string_view text, const Query::FieldFault& field_fault,
              std::vector<Query::Node>& nodes)
      : text_(text), field_fault_(field_fault), nodes_(nodes) {}

  std::optional<Refusal> run() {
    if (text_.size() > Query::kMaxText) {
      fail(Query::kMaxText,
           "the expression has more than " + std::to_string(Query::kMaxText) + " characters");
      return fault_;
    }
    either(0);
    skip_blanks();
    if (ok() && at_ != text_.size())
      fail(at_, "expected 'and', 'or' or the end, not " + next_text());
    return fault_;
  }

 private:
  using Kind = Query::Kind;

  bool ok() const { return !fault_.has_value(); }

  size_t fail(size_t at, const std::string& what) {
    if (ok()) {
      fault_ = Refusal{Code::kInvalidArgument,
                       "where, character " + std::to_string(at + 1) + ": " + what,
                       "write as in: class=orin and quantisation=int8 and metric.f1>0.9; see "
                       "docs/search.md"};
    }
    return 0;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  static bool is_word(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("._:+/@*-").find(c) != std::string_view::npos;
  }

  std::string_view peek_word() {
    skip_blanks();
    size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  /// What stands here, for messages.
  std::string next_text() {
    skip_blanks();
    if (at_ == text_.size()) return "the end";
    const std::string_view word = peek_word();
    return "'" + std::string(word.empty() ? text_.substr(at_, 1) : word.substr(0, 40)) + "'";
  }

  bool take_keyword(std::string_view keyword) {
    const std::string_view word = peek_word();
    if (lower_text(word) != keyword) return false;
    at_ += word.size();
    return true;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  size_t add(Query::Node node) {
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }

  size_t join(Kind kind, size_t left, size_t right) {
    Query::Node node;
    node.kind = kind;
    node.left = left;
    node.right = right;
    return add(std::move(node));
  }

  size_t either(unsigned depth) {
    size_t left = both(depth);
    while (ok() && take_keyword("or")) {
      const size_t right = both(depth);
      left = join(Kind::kOr, left, right);
    }
    return left;
  }

  size_t both(unsigned depth) {
    size_t left = one(depth);
    while (ok() && take_keyword("and")) {
      const size_t right = one(depth);
      left = join(Kind::kAnd, left, right);
    }
    return left;
  }

  size_t one(unsigned depth) {
    skip_blanks();
    if (depth >= Query::kMaxDepth) {
      return fail(at_, "nested deeper than " + std::to_string(Query::kMaxDepth) + " levels");
    }
    if (take_keyword("not")) {
      const size_t inner = one(depth + 1);
      return join(Kind::kNot, inner, inner);
    }
    if (!take('(')) return comparison();
    const size_t opened = at_;
    const size_t inner = either(depth + 1);
    if (ok() && !take(')')) {
      skip_blanks();
      return fail(at_, "expected ')' for the '(' at character " + std::to_string(opened) +
                           ", not " + next_text());
    }
    return inner;
  }

  size_t comparison() {
    Query::Node node;
    const std::string_view field = peek_word();
    if (field.empty()) return fail(at_, "expected a field, not " + next_text());
    node.field = field;
    const std::string wrong = field_fault_(node.field);
    if (!wrong.empty()) return fail(at_, wrong);
    at_ += field.size();
    skip_blanks();
    if (!comparator(node.kind)) {
      return fail(
          at_, "expected =, !=, <, <=, >, >= or ~ after '" + node.field + "', not " + next_text());
    }
    if (!value(node.text)) return 0;
    node.number = as_number(node.text);
    if (++comparisons_ > Query::kMaxComparisons) {
      return fail(at_, "more than " + std::to_string(Query::kMaxComparisons) + " comparisons");
    }
    return add(std::move(node));
  }

  bool comparator(Kind& kind) {
    struct Sign {
      std::string_view text;
      Kind kind;
    };
    constexpr Sign kSigns[] = {
        {"!=", Kind::kUnequal}, {"<=", Kind::kAtMost}, {">=", Kind::kAtLeast}, {"=", Kind::kEqual},
        {"<", Kind::kLess},     {">", Kind::kMore},    {"~", Kind::kContains}};
    for (const Sign& sign : kSigns) {
      if (!text_.substr(at_).starts_with(sign.text)) continue;
      at_ += sign.text.size();
      kind = sign.kind;
      return true;
    }
    return false;
  }

  bool value(std::string& out) {
    skip_blanks();
    const size_t start = at_;
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      const char quote = text_[at_++];
      for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        out += text_[at_];
      }
      if (at_++ < text_.size()) return true;
      fail(start, "a quoted text that does not end");
      return false;
    }
    const std::string_view word = peek_word();
    if (word.empty()) {
      fail(at_, "expected a value, not " + next_text());
      return false;
    }
    at_ += word.size();
    out = word;
    return true;
  }

  std::string_view text_;
  const Query::FieldFault& field_fault_;
  std::vector<Query::Node>& nodes_;
  size_t at_ = 0;
  size_t comparisons_ = 0;
  std::optional<Refusal> fault_;
};

std::optional<Refusal> Query::parse(std::string_view text, const FieldFault& field_fault,
                                    Query& out) {
  out.nodes_.clear();
  if (text.find_first_not_of(" \t\n") == std::string_view::npos) return std::nullopt;
  return QueryParser(text, field_fault, out.nodes_).run();
}

}  // namespace flotilla::controller::api
