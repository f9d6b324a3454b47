#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

constexpr uint64_t kDefaultAge_s = 30 * 24 * 3600;
constexpr uint64_t kMaxAge_s = 3650ull * 24 * 3600;

Json fate_json(const retention::Fate& fate) {
  const ModelVersion& version = *fate.version;
  Json body = {{"model", version.model},
               {"version", version.version},
               {"label", version.label},
               {"created", time_json(version.created)}};
  if (fate.reason.empty()) {
    body["bytes"] = fate.bytes;
  } else {
    body["reason"] = fate.reason;
  }
  return body;
}

Json plan_json(const Call& call, uint64_t age_s) {
  Json goes = Json::array(), stays = Json::array();
  uint64_t bytes = 0;
  for (const retention::Fate& fate :
       call.plane.retention_plan(seconds(static_cast<int64_t>(age_s)), call.now)) {
    (fate.reason.empty() ? goes : stays).push_back(fate_json(fate));
    bytes += fate.bytes;
  }
  return {{"older_than_s", age_s},
          {"goes", std::move(goes)},
          {"stays", std::move(stays)},
          {"bytes_freed", bytes},
          {"deleted", false}};
}

Response pin(const Call& call, bool pinned) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  const ModelVersion* version = find_version(call.plane, model, wanted);
  if (version == nullptr) {
    return not_found("version", model + "/" + wanted, "versions: flotilla model show " + model);
  }
  const uint32_t number = version->version;
  if (auto fault = refused(call, PinVersion{model, number, pinned, ""})) return *fault;
  return json_response(200, {{"model", model}, {"version", number}, {"pinned", pinned}});
}

}  // namespace

Response get_retention(const Call& call) {
  std::optional<Response> fault;
  uint64_t age_s = kDefaultAge_s;
  if (!read_query_number(call, "older_than_s", 0, kMaxAge_s, age_s, fault)) return *fault;
  return json_response(200, plan_json(call, age_s));
}

Response delete_versions(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  BodyReader reader(body);
  const uint64_t age_s = reader.number("older_than_s", 0, kMaxAge_s, kDefaultAge_s);
  if (const auto refusal = reader.finish()) return problem(*refusal);
  Json told = plan_json(call, age_s);
  if (auto fault = refused(call, DeleteVersions{seconds(static_cast<int64_t>(age_s))}))
    return *fault;
  told["deleted"] = true;
  return json_response(200, told);
}

Response pin_version(const Call& call) {
  return pin(call, true);
}

Response unpin_version(const Call& call) {
  return pin(call, false);
}

}  // namespace flotilla::controller::api
