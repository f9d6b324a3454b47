#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/reach.h"
#include "controller/api/release_trust.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

constexpr size_t kMaxFailures = 100;
constexpr uint64_t kMaxAssignments = 10'000;

const Rollout* asked_rollout(const Call& call) {
  return find_rollout(call.parameters, call.plane);
}

/// Whoever may read the rollout may read of its devices, except those of other sites.
DeviceFilter visible(const Call& call) {
  return [&call](const Device& device) { return call.access.sees(device); };
}

Response no_rollout(const Call& call) {
  return not_found("rollout", call.parameters.at("id"), "rollouts: flotilla rollout list");
}

/// The body may be empty or {"reason": text}.
std::optional<Refusal> read_reason(const Call& call, std::string& reason) {
  if (call.request.body.empty()) return std::nullopt;
  Json body;
  if (auto refusal = parse_json(call.request.body, body)) return refusal;
  BodyReader reader(body);
  reason = reader.text("reason", kMaxReasonText);
  return reader.finish();
}

Response operate(const Call& call, RolloutVerb verb) {
  const Rollout* rollout = asked_rollout(call);
  if (rollout == nullptr) return no_rollout(call);
  OperateRollout command{rollout->id, verb, ""};
  if (const auto refusal = read_reason(call, command.reason)) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  return get_rollout(call);
}

}  // namespace

Response start_rollout(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  StartRollout command;
  if (const auto refusal = read_rollout(body, call.plane, command)) return problem(*refusal);
  if (const auto refusal = refuse_misfits(call.plane, command)) return problem(*refusal);
  if (const auto refusal = refuse_untrusted(call, command)) return problem(*refusal);
  call.around.random(command.salt);
  const Outcome outcome = call.submit(command, call.actor);
  if (outcome.refusal) return problem(*outcome.refusal);
  const auto created = call.plane.rollouts().find(outcome.created_rollout);
  if (created == call.plane.rollouts().end()) {
    return problem({Code::kInternal, "the rollout was not recorded", "report this as a defect"});
  }
  return json_response(201, rollout_json(created->second, call.plane, kMaxFailures, visible(call)));
}

Response list_rollouts(const Call& call) {
  std::optional<Response> fault;
  uint64_t limit = 100;
  if (!read_query_number(call, "limit", 1, kMaxPage, limit, fault)) return *fault;
  uint64_t cursor = UINT32_MAX;
  if (!read_query_number(call, "cursor", 0, UINT32_MAX, cursor, fault)) return *fault;
  const auto& rollouts = call.plane.rollouts();
  Json items = Json::array();
  std::optional<std::string> next;
  // Newest first; the cursor is the last id that was given.
  auto it = rollouts.lower_bound(static_cast<uint32_t>(cursor));
  while (it != rollouts.begin()) {
    --it;
    if (!call.access.sees(it->second)) continue;
    if (items.size() == limit) {
      next = std::to_string(items.back()["id"].get<uint32_t>());
      break;
    }
    items.push_back(rollout_summary_json(it->second, call.plane.assignments(it->first)));
  }
  return json_response(200, list_body("rollouts", std::move(items), next));
}

Response get_rollout(const Call& call) {
  const Rollout* rollout = asked_rollout(call);
  if (rollout == nullptr) return no_rollout(call);
  std::optional<Response> fault;
  uint64_t limit = 0;
  if (!read_query_number(call, "assignments", 0, kMaxAssignments, limit, fault)) return *fault;
  Json body = rollout_json(*rollout, call.plane, kMaxFailures, visible(call));
  body["assignments"] = assignments_json(call.plane, rollout->id, limit, visible(call));
  return json_response(200, body);
}

Response hold_rollout(const Call& call) {
  return operate(call, RolloutVerb::kHold);
}

Response resume_rollout(const Call& call) {
  return operate(call, RolloutVerb::kResume);
}

Response halt_rollout(const Call& call) {
  return operate(call, RolloutVerb::kHalt);
}

Response rollback_rollout(const Call& call) {
  return operate(call, RolloutVerb::kRollback);
}

Response cancel_rollout(const Call& call) {
  return operate(call, RolloutVerb::kCancel);
}

}  // namespace flotilla::controller::api
