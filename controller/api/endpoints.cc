#include "controller/api/endpoints.h"

#include <charconv>

#include "controller/api/body_reader.h"
#include "controller/api/rollout_request.h"

namespace flotilla::controller::api {

std::optional<Response> read_body(const Call& call, Json& body) {
  const auto refusal = parse_json(call.request.body, body);
  if (refusal) return problem(*refusal);
  return std::nullopt;
}

std::optional<Response> refused(const Call& call, const Event& event) {
  const Outcome outcome = call.submit(event, call.actor);
  if (outcome.refusal) return problem(*outcome.refusal);
  return std::nullopt;
}

std::string query(const Call& call, const char* name) {
  const auto found = call.request.query.find(name);
  return found == call.request.query.end() ? "" : found->second;
}

bool read_query_number(const Call& call, const char* name, uint64_t low, uint64_t high,
                       uint64_t& value, std::optional<Response>& fault) {
  const auto found = call.request.query.find(name);
  if (found == call.request.query.end()) return true;
  const std::string& text = found->second;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= low && number <= high) {
    value = number;
    return true;
  }
  fault = problem({Code::kInvalidArgument,
                   "query " + std::string(name) + " is '" + text.substr(0, 40) + "'",
                   "give " + range_text(low, high)});
  return false;
}

Response not_found(const std::string& what, const std::string& name, const std::string& remedy) {
  return problem({Code::kNotFound, "there is no " + what + " '" + name + "'", remedy});
}

const ModelVersion* asked_version(const Call& call, std::optional<Response>& fault) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  const ModelVersion* version = find_version(call.plane, model, wanted);
  if (version == nullptr) {
    fault = not_found("version", model + "/" + wanted, "versions: flotilla model show " + model);
  }
  return version;
}

Json list_body(const char* name, Json items, const std::optional<std::string>& next) {
  return {{name, std::move(items)}, {"next", next ? Json(*next) : Json()}};
}

}  // namespace flotilla::controller::api
