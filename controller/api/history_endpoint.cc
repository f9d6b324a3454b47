#include "controller/api/bundle_maker.h"
#include "controller/api/endpoints.h"
#include "controller/api/log_reader.h"
#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

/// States and other events of a device until `at`, from the log.
Status read_history(const Call& call, const Device& device, const std::string& model, WallTime at,
                    Json& states, Json& events) {
  std::vector<Found> found;
  FLOTILLA_TRY(read_about(call, "device/" + device.id, false, found));
  for (const Found& one : found) {
    if (one.entry.time <= at) events.push_back(audit_json(one.entry));
  }
  found.clear();
  FLOTILLA_TRY(read_about(call, "device/" + device.id, true, found));
  for (const Found& one : found) {
    const auto attested = attestation_of(one.entry);
    if (!attested || one.entry.time > at) continue;
    if (!model.empty() && attested->model.view() != model) continue;
    states.push_back(state_json(call.plane, device, one.entry, *attested));
  }
  return ok_status();
}

std::string model_query(const Call& call) {
  const auto found = call.request.query.find("model");
  return found == call.request.query.end() ? "" : found->second;
}

/// The device and the instant of a request, or the answer that refuses them.
const Device* read_subject(const Call& call, WallTime& at, std::optional<Response>& fault) {
  const std::string& id = call.parameters.at("id");
  const auto found = call.plane.devices().find(id);
  if (found == call.plane.devices().end()) {
    fault = not_found("device", id, "devices: flotilla device list");
    return nullptr;
  }
  uint64_t at_ms = static_cast<uint64_t>(kMaxWallTimeMs);
  if (!read_query_number(call, "at_ms", 0, at_ms, at_ms, fault)) return nullptr;
  at.ms = static_cast<int64_t>(at_ms);
  return &found->second;
}

}  // namespace

Response get_device_history(const Call& call) {
  WallTime at;
  std::optional<Response> fault;
  const Device* device = read_subject(call, at, fault);
  if (device == nullptr) return *fault;
  Json states = Json::array(), events = Json::array();
  const Status read = read_history(call, *device, model_query(call), at, states, events);
  if (!read.ok()) return problem(refusal_of(read, "inspect the server's state folder"));
  return json_response(200, {{"device", device->id},
                             {"hardware_class", device->hardware_class},
                             {"site", device->site},
                             {"states", std::move(states)},
                             {"events", std::move(events)}});
}

Response get_device_proof(const Call& call) {
  WallTime at;
  std::optional<Response> fault;
  const Device* device = read_subject(call, at, fault);
  if (device == nullptr) return *fault;
  std::string model = model_query(call);
  if (model.empty() && device->models.size() == 1) model = device->models.begin()->first;
  if (model.empty()) {
    return problem({Code::kInvalidArgument, "query model is missing",
                    "name one of the device's models: flotilla device show " + device->id});
  }
  return make_bundle(call, *device, std::move(model), at);
}

}  // namespace flotilla::controller::api
