#include <algorithm>

#include "controller/api/endpoints.h"
#include "controller/api/views.h"
#include "controller/domain/names.h"

namespace flotilla::controller::api {

namespace {

size_t live_devices(const ControlPlane& plane) {
  return static_cast<size_t>(
      std::count_if(plane.devices().begin(), plane.devices().end(),
                    [](const auto& entry) { return !entry.second.retired; }));
}

Json rollouts_by_state(const ControlPlane& plane) {
  Json body = Json::object();
  for (const auto& [id, rollout] : plane.rollouts()) {
    const char* name = state_name(rollout.state);
    body[name] = body.value(name, uint64_t{0}) + 1;
  }
  return body;
}

}  // namespace

Response get_status(const Call& call) {
  const ControlPlane& plane = call.plane;
  uint64_t retained = 0;
  for (const auto& [id, transfer] : plane.transfers()) retained += transfer.message_bytes;
  return json_response(200, {{"software", call.around.software},
                             {"time", time_json(call.now)},
                             {"broker_connected", call.around.broker_connected()},
                             {"signs_releases", call.around.release_signer != nullptr},
                             {"classes", plane.classes().size()},
                             {"devices", live_devices(plane)},
                             {"models", plane.models().size()},
                             {"rollouts", rollouts_by_state(plane)},
                             {"transfers", plane.transfers().size()},
                             {"retained_bytes", retained},
                             {"outbox", plane.outbox_size()},
                             {"audit_entries", plane.audit_size()},
                             {"counters", call.around.counters()}});
}

Response get_openapi(const Call&) {
  Response response;
  response.body = openapi_text();
  return response;
}

Response list_audit(const Call& call) {
  std::optional<Response> fault;
  uint64_t limit = 100;
  const uint64_t size = call.plane.audit_size();
  if (!read_query_number(call, "limit", 1, kMaxPage, limit, fault)) return *fault;
  uint64_t from = size > limit ? size - limit : 0;
  if (!read_query_number(call, "from", 0, UINT64_MAX, from, fault)) return *fault;
  std::vector<AuditEntry> entries;
  const Status read = read_audit(call.around.store, from, limit, entries);
  if (!read.ok()) return problem(refusal_of(read, "inspect the server's state folder"));
  Json items = Json::array();
  for (const AuditEntry& entry : entries) items.push_back(audit_json(entry));
  const bool more = !entries.empty() && entries.size() == limit &&
                    entries.back().number + 1 < call.plane.audit_size();
  return json_response(
      200,
      list_body("entries", std::move(items),
                more ? std::optional(std::to_string(entries.back().number + 1)) : std::nullopt));
}

Response list_transfers(const Call& call) {
  Json items = Json::array();
  for (const auto& [id, transfer] : call.plane.transfers()) {
    if (!call.access.sees(Reach{transfer.model, transfer.hardware_class, "", ""})) continue;
    items.push_back(transfer_json(transfer, call.plane.trouble(id)));
  }
  return json_response(200, list_body("transfers", std::move(items)));
}

}  // namespace flotilla::controller::api
