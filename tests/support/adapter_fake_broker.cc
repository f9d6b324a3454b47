#include "tests/support/adapter_fake_broker.h"

#include <algorithm>

namespace flotilla::testing {
namespace {

std::string_view take_level(std::string_view& text) {
  const size_t slash = text.find('/');
  const std::string_view level = text.substr(0, slash);
  text = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  return level;
}

}  // namespace

bool matches(std::string_view filter, std::string_view topic) {
  while (!filter.empty() || !topic.empty()) {
    if (filter.empty() || topic.empty()) return filter == "#";
    const std::string_view wanted = take_level(filter);
    if (wanted == "#") return true;
    const std::string_view level = take_level(topic);
    if (wanted != "+" && wanted != level) return false;
  }
  return true;
}

Status FakeBroker::Connection::publish(std::string_view topic, Bytes payload, bool,
                                       uint64_t token) {
  if (!up) return {Code::kUnavailable, "not connected"};
  if (answers.size() >= max_in_flight) return {Code::kResourceExhausted, "too much in flight"};
  ++broker_.publishes;
  const std::string name(topic);
  if (broker_.forbidden.contains(name)) {
    answers.push_back({token, false, "not authorized"});
    return ok_status();
  }
  answers.push_back({token, true, ""});
  if (payload.empty()) {
    broker_.retained.erase(name);
  } else if (!broker_.lossy.contains(name)) {
    broker_.retained[name] = std::string(as_text(payload));
  }
  return ok_status();
}

Status FakeBroker::Connection::subscribe(std::string_view filter) {
  if (!up) return {Code::kUnavailable, "not connected"};
  ++broker_.subscribes;
  filters.emplace_back(filter);
  for (const auto& [topic, payload] : broker_.retained) {
    if (matches(filter, topic)) messages.push_back({topic, payload, true});
  }
  return ok_status();
}

Status FakeBroker::Connection::unsubscribe(std::string_view filter) {
  if (!up) return {Code::kUnavailable, "not connected"};
  std::erase(filters, std::string(filter));
  return ok_status();
}

}  // namespace flotilla::testing
