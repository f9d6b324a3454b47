#include <algorithm>

#include "controller/api/endpoints.h"
#include "controller/api/fit/fit_check.h"
#include "controller/api/optimise/chain_document.h"
#include "controller/api/rollout_request.h"

namespace flotilla::controller::api {

namespace {

std::string name_of(const ModelVersion& version) {
  return "version " + std::to_string(version.version) + " of " + version.model;
}

}  // namespace

std::optional<Refusal> refuse_misfits(const ControlPlane& plane, const StartRollout& command) {
  const auto versions = plane.models().find(command.model);
  if (versions == plane.models().end()) return std::nullopt;
  const auto version = versions->second.find(command.version);
  if (version == versions->second.end()) return std::nullopt;
  const Json document = newest_document(plane, version->second);
  const auto& wanted = command.hardware_classes;
  for (const Variant& variant : version->second.variants) {
    const bool is_meant = wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                                      variant.hardware_class) != wanted.end();
    const auto definition = plane.classes().find(variant.hardware_class);
    if (!is_meant || definition == plane.classes().end()) continue;
    const auto checks = check_fit(variant, document, definition->second);
    if (auto refusal = refuse_misfit(checks, name_of(version->second), variant.hardware_class)) {
      return refusal;
    }
  }
  return std::nullopt;
}

Response get_fit(const Call& call) {
  const std::string& model = call.parameters.at("model");
  const std::string& wanted = call.parameters.at("version");
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  const auto only = call.request.query.find("class");
  const Json document = newest_document(call.plane, *version);
  Json classes = Json::array();
  for (const Variant& variant : version->variants) {
    if (only != call.request.query.end() && only->second != variant.hardware_class) continue;
    const HardwareClass& definition = call.plane.classes().at(variant.hardware_class);
    classes.push_back(fit_json(variant.hardware_class, check_fit(variant, document, definition)));
  }
  if (classes.empty()) {
    return not_found("variant", model + "/" + wanted + " for " + only->second,
                     "classes: flotilla model show " + model + " " + wanted);
  }
  return json_response(
      200,
      {{"model", version->model}, {"version", version->version}, {"classes", std::move(classes)}});
}

}  // namespace flotilla::controller::api
