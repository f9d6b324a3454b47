#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/governance_endpoints.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"

namespace flotilla::controller::api {

namespace {

Json alias_json(const Alias& alias) {
  Json classes = Json::object();
  for (const auto& [name, version] : alias.classes) classes[name] = version;
  return {{"alias", alias.alias},
          {"version", alias.version == 0 ? Json() : Json(alias.version)},
          {"classes", std::move(classes)},
          {"moved", time_json(alias.moved)},
          {"moved_by", alias.moved_by}};
}

Json aliases_json(const Call& call, const std::string& model) {
  Json items = Json::array();
  const auto& all = call.plane.aliases();
  for (auto at = all.lower_bound({model, ""}); at != all.end(); ++at) {
    if (at->first.first != model) break;
    items.push_back(alias_json(at->second));
  }
  return items;
}

}  // namespace

Response list_aliases(const Call& call) {
  const std::string& model = call.parameters.at("model");
  if (!call.plane.models().contains(model)) {
    return not_found("model", model, "models: flotilla model list");
  }
  return json_response(200, list_body("aliases", aliases_json(call, model)));
}

Response set_alias(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  BodyReader reader(body);
  MoveAlias command;
  command.model = call.parameters.at("model");
  command.alias = call.parameters.at("alias");
  command.hardware_class = reader.name("hardware_class", Need::kOptional);
  const std::string wanted = read_version(reader, "version", "a version's number or its label");
  if (const auto refusal = reader.finish()) return problem(*refusal);
  const ModelVersion* version = find_version(call.plane, command.model, wanted);
  if (version == nullptr) {
    return not_found("version", command.model + "/" + wanted,
                     "versions: flotilla model show " + command.model);
  }
  command.version = version->version;
  if (auto fault = refused(call, command)) return *fault;
  return json_response(200, alias_json(call.plane.aliases().at({command.model, command.alias})));
}

Response remove_alias(const Call& call) {
  MoveAlias command;
  command.model = call.parameters.at("model");
  command.alias = call.parameters.at("alias");
  const auto only = call.request.query.find("class");
  if (only != call.request.query.end()) command.hardware_class = only->second;
  if (auto fault = refused(call, command)) return *fault;
  return json_response(200, {{"alias", command.alias}, {"state", "removed"}});
}

}  // namespace flotilla::controller::api
