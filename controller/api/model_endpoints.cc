#include "controller/api/alias_text.h"
#include "controller/api/endpoints.h"
#include "controller/api/rollout_request.h"
#include "controller/api/version_request.h"
#include "controller/api/views.h"
#include "controller/domain/names.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

Response no_model(const std::string& model) {
  return not_found("model", model, "models: flotilla model list");
}

Json model_json(const std::string& model, const std::map<uint32_t, ModelVersion>& versions) {
  return {{"model", model},
          {"versions", versions.size()},
          {"newest", versions.empty() ? Json() : version_summary_json(versions.rbegin()->second)}};
}

/// What devices built of the variant and run instead, by their attestations.
Json engines_json(const ControlPlane& plane, const std::string& model, const Variant& variant) {
  std::map<Digest, uint64_t> found;
  for (const auto& [id, device] : plane.devices()) {
    const auto kept = device.models.find(model);
    if (device.retired || kept == device.models.end() || !kept->second.attestation_valid) continue;
    const DeviceModel& says = kept->second;
    const bool is_it =
        !variant.release_digest.is_none() && says.confirmed_release == variant.release_digest;
    if (is_it && !says.confirmed_engine.is_none()) ++found[says.confirmed_engine];
  }
  Json out = Json::array();
  for (const auto& [engine, devices] : found)
    out.push_back({{"digest", digest_json(engine)}, {"devices", devices}});
  return out;
}

/// With the state, the aliases, the approvals and the engines of each class.
Json version_in_life(const ControlPlane& plane, const ModelVersion& version) {
  Json body = version_json(version);
  for (size_t i = 0; i < version.variants.size(); ++i) {
    Json& variant = body["variants"][i];
    const std::string& name = version.variants[i].hardware_class;
    variant["approvals"] = approvals_json(plane, version.variants[i].release_digest);
    variant["state"] = state_name(plane.release_state(version.model, version.version, name));
    variant["aliases"] = aliases_of(plane, version, name);
    variant["engines"] = engines_json(plane, version.model, version.variants[i]);
  }
  return body;
}

}  // namespace

Response register_version(const Call& call) {
  const std::string& model = call.parameters.at("model");
  if (!is_valid_name(model)) {
    return problem({Code::kInvalidArgument, "model name '" + model + "' is not allowed",
                    "use 1 to 32 characters of a-z, 0-9, _ and -"});
  }
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  if (auto answer = inspect_images(call, body)) return *answer;
  RegisterVersion command;
  if (const auto refusal = read_version(call, body, command.version)) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  return json_response(201, version_in_life(call.plane, command.version));
}

Response list_models(const Call& call) {
  std::optional<Response> fault;
  uint64_t limit = 100;
  if (!read_query_number(call, "limit", 1, kMaxPage, limit, fault)) return *fault;
  const auto& models = call.plane.models();
  Json items = Json::array();
  std::optional<std::string> next;
  for (auto it = models.upper_bound(query(call, "cursor")); it != models.end(); ++it) {
    if (!call.access.sees(Reach{it->first, "", "", ""})) continue;
    if (items.size() == limit) {
      next = items.back()["model"].get<std::string>();
      break;
    }
    items.push_back(model_json(it->first, it->second));
  }
  return json_response(200, list_body("models", std::move(items), next));
}

Response get_model(const Call& call) {
  const std::string& model = call.parameters.at("model");
  const auto found = call.plane.models().find(model);
  if (found == call.plane.models().end()) return no_model(model);
  std::optional<Response> fault;
  uint64_t limit = 100, cursor = UINT32_MAX;
  if (!read_query_number(call, "limit", 1, kMaxPage, limit, fault)) return *fault;
  if (!read_query_number(call, "cursor", 0, UINT32_MAX, cursor, fault)) return *fault;
  Json items = Json::array();
  std::optional<std::string> next;
  // Newest first; the cursor is the last number that was given.
  auto it = found->second.lower_bound(static_cast<uint32_t>(cursor));
  while (it != found->second.begin() && !next) {
    if (items.size() == limit) {
      next = std::to_string(it->first);
    } else {
      items.push_back(version_summary_json((--it)->second));
    }
  }
  Json body = list_body("versions", std::move(items), next);
  body["model"] = model;
  return json_response(200, body);
}

Response get_version(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  return json_response(200, version_in_life(call.plane, *version));
}

Response get_facts(const Call& call) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  const std::string& hardware_class = call.parameters.at("class");
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  const std::string what = model + "/" + wanted;
  for (const Variant& variant : version->variants) {
    if (variant.hardware_class != hardware_class) continue;
    if (variant.facts.inspection == 0) {
      return problem({Code::kFailedPrecondition, "the image of " + what + " was not inspected",
                      "versions are inspected when they are registered; 'flotilla model inspect' "
                      "does it with a file"});
    }
    const auto inventory = call.around.artifacts.open(variant.facts.inventory);
    if (!inventory.ok()) {
      return problem({inventory.status().code(), "what was found in the image was lost",
                      "'flotilla model inspect' finds it again in the file"});
    }
    Response response;
    response.body = as_text(inventory.value()->bytes());
    return response;
  }
  return not_found("variant", what + " for " + hardware_class,
                   "classes: flotilla model show " + model + " " + wanted);
}

}  // namespace flotilla::controller::api
