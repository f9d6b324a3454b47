#include "simulator/world/scenario.h"

#include <algorithm>
#include <functional>
#include <sstream>

namespace flotilla::sim {
namespace {

/// Digits, and what follows them.
std::optional<uint64_t> leading_number(const std::string& text, std::string& rest) {
  size_t at = 0;
  uint64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at < 18) {
    value = value * 10 + static_cast<uint64_t>(text[at++] - '0');
  }
  if (at == 0) return std::nullopt;
  rest = text.substr(at);
  return value;
}

Words words_of(const std::string& line) {
  Words out;
  std::istringstream in(line);
  for (std::string word; in >> word;) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      out.plain.push_back(word);
    } else {
      out.named[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }
  return out;
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) out.push_back(part);
  return out;
}

using Assign = std::function<bool(Settings&, const std::string&)>;

template <typename T>
Assign number_into(T Settings::*member) {
  return [member](Settings& settings, const std::string& text) {
    const auto value = parse_number(text);
    if (value) settings.*member = static_cast<T>(*value);
    return value.has_value();
  };
}

Assign span_into(Duration Settings::*member) {
  return [member](Settings& settings, const std::string& text) {
    const auto value = parse_span(text);
    if (value) settings.*member = *value;
    return value.has_value();
  };
}

const std::map<std::string, Assign>& assignments() {
  static const std::map<std::string, Assign> table = {
      {"devices", number_into(&Settings::devices)},
      {"duration", span_into(&Settings::duration)},
      {"classes",
       [](Settings& settings, const std::string& text) {
         settings.classes = split_commas(text);
         return !settings.classes.empty();
       }},
      {"image", number_into(&Settings::image)},
      {"change", number_into(&Settings::change_percent)},
      {"slot", number_into(&Settings::slot)},
      {"chunk", number_into(&Settings::chunk_max)},
      {"erase", number_into(&Settings::erase_unit)},
      {"health", span_into(&Settings::health)},
      {"keep_alive", span_into(&Settings::keep_alive)},
      {"latency", span_into(&Settings::latency)},
      {"jitter", span_into(&Settings::jitter)},
      {"bandwidth", number_into(&Settings::bandwidth)},
      {"drift", number_into(&Settings::drift_ppm)},
      {"reconnect_window", number_into(&Settings::reconnect_window_s)},
      {"digests",
       [](Settings& settings, const std::string& text) {
         settings.real_digests = text == "real";
         return text == "real" || text == "fast";
       }},
  };
  return table;
}

/// Empty when the line was understood.
std::string take_line(Scenario& out, const std::string& line) {
  const size_t space = line.find(' ');
  const std::string keyword = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  Words words = words_of(rest);
  const auto shift = [&words] {
    if (words.plain.empty()) return std::string();
    std::string first = words.plain.front();
    words.plain.erase(words.plain.begin());
    return first;
  };
  if (keyword == "title") {
    out.title = rest;
  } else if (keyword == "shows") {
    out.shows += (out.shows.empty() ? "" : " ") + rest;
  } else if (keyword == "holds") {
    out.holds += (out.holds.empty() ? "" : " ") + rest;
  } else if (keyword == "set") {
    const auto found = assignments().find(words.at(0));
    if (found == assignments().end()) return "unknown setting '" + words.at(0) + "'";
    if (!found->second(out.settings, words.at(1))) return "cannot read '" + words.at(1) + "'";
  } else if (keyword == "at") {
    const auto when = parse_span(shift());
    if (!when) return "no time after 'at'";
    out.steps.push_back({*when, words});
  } else if (keyword == "during") {
    const auto from = parse_span(shift());
    const auto to = parse_span(shift());
    if (!from || !to || *to < *from) return "no span of time after 'during'";
    out.spells.push_back({*from, *to, words});
  } else if (keyword == "expect") {
    out.expects.push_back(words);
  } else {
    return "unknown keyword '" + keyword + "'";
  }
  return "";
}

}  // namespace

std::optional<Duration> parse_span(const std::string& text) {
  std::string unit;
  const auto value = leading_number(text, unit);
  if (!value || *value > 1'000'000'000) return std::nullopt;
  const auto n = static_cast<int64_t>(*value);
  if (unit == "ms") return milliseconds(n);
  if (unit == "s" || (n == 0 && unit.empty())) return seconds(n);
  if (unit == "m") return seconds(n * 60);
  if (unit == "h") return seconds(n * 3600);
  if (unit == "d") return seconds(n * 86'400);
  return std::nullopt;
}

std::optional<uint64_t> parse_number(const std::string& text) {
  std::string unit;
  const auto value = leading_number(text, unit);
  if (!value) return std::nullopt;
  if (unit.empty() || unit == "%" || unit == "ppm" || unit == "s") return *value;
  if (unit == "K") return *value * 1024;
  if (unit == "M") return *value * 1024 * 1024;
  return std::nullopt;
}

uint64_t Words::number(const std::string& name, uint64_t otherwise) const {
  const auto found = named.find(name);
  if (found == named.end()) return otherwise;
  return parse_number(found->second).value_or(otherwise);
}

Duration Words::span(const std::string& name, Duration otherwise) const {
  const auto found = named.find(name);
  if (found == named.end()) return otherwise;
  return parse_span(found->second).value_or(otherwise);
}

std::string Words::word(const std::string& name, const std::string& otherwise) const {
  const auto found = named.find(name);
  return found == named.end() ? otherwise : found->second;
}

Duration Scenario::calm_at() const {
  Duration out;
  for (const Spell& spell : spells) out = std::max(out, spell.to);
  for (const Step& step : steps) out = std::max(out, step.at);
  return out;
}

std::optional<Scenario> parse_scenario(const std::string& name, const std::string& text,
                                       std::string& why) {
  Scenario out;
  out.name = name;
  std::istringstream in(text);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const size_t comment = line.find('#');
    if (comment != std::string::npos) line.resize(comment);
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    const std::string problem = take_line(out, line);
    if (problem.empty()) continue;
    why = name + ":" + std::to_string(number) + ": " + problem;
    return std::nullopt;
  }
  if (out.title.empty()) {
    why = name + ": it has no title";
    return std::nullopt;
  }
  return out;
}

}  // namespace flotilla::sim
