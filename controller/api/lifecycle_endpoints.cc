#include <algorithm>

#include "controller/api/approval_request.h"
#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/governance_endpoints.h"
#include "controller/api/policy_check.h"
#include "controller/api/rollout_request.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"
#include "controller/domain/names.h"

namespace flotilla::controller::api {

namespace {

std::vector<std::string> all_classes(const ModelVersion& version) {
  std::vector<std::string> out;
  for (const Variant& variant : version.variants) out.push_back(variant.hardware_class);
  return out;
}

/// The classes of the body, or all of the version.
std::vector<std::string> read_classes(BodyReader& reader, const ModelVersion& version) {
  std::vector<std::string> out;
  for (const Json& name : reader.array("hardware_classes", 0, kMaxVariants, Need::kOptional)) {
    const bool is_known =
        name.is_string() && std::any_of(version.variants.begin(), version.variants.end(),
                                        [&](const Variant& v) { return v.hardware_class == name; });
    if (!is_known) {
      reader.fail("hardware_classes", quote(name), "classes that the version has a variant for");
      break;
    }
    out.push_back(name.get<std::string>());
  }
  return out.empty() ? all_classes(version) : out;
}

Json evidence_json(const Evidence& evidence) {
  Json metrics = Json::object();
  for (const auto& [name, value] : evidence.metrics) {
    metrics[name] = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  }
  return {{"file", digest_json(evidence.file)},
          {"metrics", std::move(metrics)},
          {"by", evidence.by},
          {"time", time_json(evidence.time)}};
}

Json approval_json(const ApprovalRecord& approval) {
  return {{"by", approval.by},
          {"time", time_json(approval.time)},
          {"key", approval.key == 0 ? Json() : Json(to_hex(approval.key).view())},
          {"signed", approval.key != 0}};
}

template <typename Given>
Json given_json(const std::vector<Given>& all, const std::string& hardware_class,
                Json (*one)(const Given&)) {
  Json out = Json::array();
  for (const Given& given : all) {
    if (given.hardware_class == hardware_class) out.push_back(one(given));
  }
  return out;
}

Json standing_json(const Call& call, const ModelVersion& version, const Variant& variant) {
  static const Lifecycle kNone;
  const std::string& name = variant.hardware_class;
  const Lifecycle* record = call.plane.lifecycle(version.model, version.version);
  const Lifecycle& lifecycle = record == nullptr ? kNone : *record;
  const auto known = lifecycle.classes.find(name);
  const ClassStanding standing = known == lifecycle.classes.end() ? ClassStanding{} : known->second;
  auto unmet = unmet_document_rules(call.plane, version, variant);
  for (FailedRule& rule : call.plane.unmet_people_rules(version, name, call.now)) {
    unmet.push_back(std::move(rule));
  }
  Json policies = Json::array();
  for (const Policy* policy : call.plane.policies_of(version.model, name)) {
    policies.push_back(policy->model + "/" + policy->hardware_class);
  }
  return {{"hardware_class", name},
          {"state", state_name(call.plane.release_state(version.model, version.version, name))},
          {"changed", time_json(standing.changed)},
          {"by", standing.by},
          {"reason", standing.reason},
          {"policies", std::move(policies)},
          {"unmet", failed_rules_json(unmet)},
          {"evidence", given_json(lifecycle.evidence, name, evidence_json)},
          {"approvals", given_json(lifecycle.approvals, name, approval_json)}};
}

Json lifecycle_json(const Call& call, const ModelVersion& version) {
  Json classes = Json::array();
  for (const Variant& variant : version.variants) {
    classes.push_back(standing_json(call, version, variant));
  }
  return {{"model", version.model},
          {"version", version.version},
          {"label", version.label},
          {"author", version.created_by},
          {"classes", std::move(classes)}};
}

Response standing(const Call& call, const ModelVersion& version, int status = 200) {
  return json_response(status, lifecycle_json(call, version));
}

/// Devices of the classes that run the version, and those that hold it in their spare slot: what a
/// revocation concerns.
Json concerned_json(const Call& call, const ModelVersion& version,
                    const std::vector<std::string>& classes) {
  uint32_t running = 0, holding = 0;
  for (const auto& row : call.plane.devices()) {
    const Device& device = row.second;
    const auto model = device.models.find(version.model);
    if (device.retired || model == device.models.end()) continue;
    const bool concerned =
        std::find(classes.begin(), classes.end(), device.hardware_class) != classes.end();
    const auto variant =
        std::find_if(version.variants.begin(), version.variants.end(),
                     [&](const Variant& v) { return v.hardware_class == device.hardware_class; });
    if (!concerned || variant == version.variants.end()) continue;
    running += model->second.reported.active_digest == variant->image_digest;
    holding += model->second.reported.spare_digest == variant->image_digest;
  }
  return {{"running", running}, {"holding", holding}};
}

std::map<std::string, std::string> read_metrics(BodyReader& reader) {
  std::map<std::string, std::string> out;
  const Json& metrics = reader.any("metrics");
  if (metrics.is_null()) return out;
  if (!metrics.is_object() || metrics.size() > kMaxMetrics) {
    reader.fail("metrics", quote(metrics), "an object of at most 64 numbers");
    return out;
  }
  for (const auto& [name, value] : metrics.items()) {
    if (value.is_number() && !name.empty() && name.size() <= kMaxLabelKey) {
      out[name] = value.dump();
    } else {
      reader.fail("metrics", quote(Json{{name, value}}), "names of 1 to 64 bytes and numbers");
    }
  }
  return out;
}

/// The body may be empty.
std::optional<Response> read_optional_body(const Call& call, Json& body) {
  body = Json::object();
  if (call.request.body.empty()) return std::nullopt;
  return read_body(call, body);
}

Response change(const Call& call, ReleaseState to) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  Json body;
  if (auto wrong = read_optional_body(call, body)) return *wrong;
  BodyReader reader(body);
  ChangeRelease command;
  command.model = version->model;
  command.version = version->version;
  command.to = to;
  command.hardware_classes = read_classes(reader, *version);
  command.reason = reader.text("reason", kMaxText);
  if (const auto refusal = reader.finish()) return problem(*refusal);
  command.findings = findings_of(call.plane, *version, command.hardware_classes);
  if (auto wrong = refused(call, command)) return *wrong;
  Json out = lifecycle_json(call, *version);
  if (to == ReleaseState::kRevoked)
    out["devices"] = concerned_json(call, *version, command.hardware_classes);
  return json_response(200, out);
}

}  // namespace

Response get_lifecycle(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  return fault ? *fault : standing(call, *version);
}

Response post_evidence(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  Json body;
  if (auto wrong = read_body(call, body)) return *wrong;
  BodyReader reader(body);
  PostEvidence command;
  command.model = version->model;
  command.version = version->version;
  command.hardware_classes = read_classes(reader, *version);
  command.file = reader.digest("file");
  command.metrics = read_metrics(reader);
  if (reader.ok() && !call.around.artifacts.contains(command.file)) {
    reader.fail("file", std::string(to_hex(command.file).view()), "an artifact stored before");
  }
  if (const auto refusal = reader.finish()) return problem(*refusal);
  command.findings = findings_of(call.plane, *version, command.hardware_classes, command.metrics);
  if (auto wrong = refused(call, command)) return *wrong;
  return standing(call, *version, 201);
}

Response approve_version(const Call& call) {
  std::optional<Response> fault;
  const ModelVersion* version = asked_version(call, fault);
  if (fault) return *fault;
  Json body;
  if (auto wrong = read_optional_body(call, body)) return *wrong;
  BodyReader reader(body);
  Approve command;
  command.model = version->model;
  command.version = version->version;
  const std::vector<std::string> classes = read_classes(reader, *version);
  if (const auto refusal = read_approvals(call, reader, *version, classes, command.approvals)) {
    return problem(*refusal);
  }
  command.findings = findings_of(call.plane, *version, classes);
  if (auto wrong = refused(call, command)) return *wrong;
  return standing(call, *version, 201);
}

Response release_version(const Call& call) {
  return change(call, ReleaseState::kReleased);
}

Response deprecate_version(const Call& call) {
  return change(call, ReleaseState::kDeprecated);
}

Response revoke_version(const Call& call) {
  return change(call, ReleaseState::kRevoked);
}

}  // namespace flotilla::controller::api
