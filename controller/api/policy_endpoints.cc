#include "controller/api/body_reader.h"
#include "controller/api/endpoints.h"
#include "controller/api/governance_endpoints.h"
#include "controller/api/policy_check.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"

namespace flotilla::controller::api {

namespace {

std::string pattern_of(const std::string& text) {
  return text.empty() ? kEvery : text;
}

std::vector<std::string> read_lines(BodyReader& reader, const char* field) {
  std::vector<std::string> out;
  for (const Json& line : reader.array(field, 0, kMaxPolicyRules, Need::kOptional)) {
    if (!line.is_string() || line.get_ref<const std::string&>().size() > kMaxRuleText) {
      reader.fail(field, quote(line), "an array of texts of at most 512 bytes");
      break;
    }
    out.push_back(line.get<std::string>());
  }
  return out;
}

std::vector<std::string> read_queries(BodyReader& reader, const char* field) {
  std::vector<std::string> out = read_lines(reader, field);
  for (const std::string& text : out) {
    const auto fault = rule_fault(text);
    if (!reader.ok() || !fault) continue;
    reader.fail(field, quote(text), fault->message);
  }
  return out;
}

Policy read_rules(BodyReader& body) {
  Policy policy;
  const Json& object = body.any("policy");
  if (!object.is_object()) {
    body.fail("policy", quote(object), "an object; see docs/governance.md");
    return policy;
  }
  BodyReader reader(object, "policy.");
  policy.metadata = read_lines(reader, "metadata");
  policy.require = read_queries(reader, "require");
  policy.evidence = static_cast<uint32_t>(reader.number("evidence", 0, kMaxNeeded, 0));
  policy.approvals = static_cast<uint32_t>(reader.number("approvals", 0, kMaxNeeded, 0));
  policy.approvers = read_lines(reader, "approvers");
  policy.protected_aliases = read_lines(reader, "protected_aliases");
  policy.golden_aliases = read_lines(reader, "golden_aliases");
  if (const auto refusal = reader.finish()) body.refuse(*refusal);
  return policy;
}

Json policy_json(const Policy& policy) {
  return {{"model", policy.model},
          {"hardware_class", policy.hardware_class},
          {"policy",
           {{"metadata", policy.metadata},
            {"require", policy.require},
            {"evidence", policy.evidence},
            {"approvals", policy.approvals},
            {"approvers", policy.approvers},
            {"protected_aliases", policy.protected_aliases},
            {"golden_aliases", policy.golden_aliases}}},
          {"changed", time_json(policy.changed)},
          {"changed_by", policy.changed_by}};
}

/// Some model and class that the token may read about could be ruled by it.
bool concerns(const Call& call, const Policy& policy) {
  for (const Grant& grant : call.access.token().grants) {
    if (includes(grant.role, Permission::kReadModels) && overlap(grant.scope.model, policy.model) &&
        overlap(grant.scope.hardware_class, policy.hardware_class)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Response list_policies(const Call& call) {
  Json items = Json::array();
  for (const auto& [key, policy] : call.plane.policies()) {
    if (concerns(call, policy)) items.push_back(policy_json(policy));
  }
  return json_response(200, list_body("policies", std::move(items)));
}

Response set_policy(const Call& call) {
  Json body;
  if (auto fault = read_body(call, body)) return *fault;
  BodyReader reader(body);
  const std::string model = pattern_of(reader.pattern("model"));
  const std::string hardware_class = pattern_of(reader.pattern("hardware_class"));
  SetPolicy command{read_rules(reader)};
  command.policy.model = model;
  command.policy.hardware_class = hardware_class;
  if (const auto refusal = reader.finish()) return problem(*refusal);
  if (auto fault = refused(call, command)) return *fault;
  return json_response(200, policy_json(call.plane.policies().at({model, hardware_class})));
}

Response remove_policy(const Call& call) {
  const auto asked = [&](const char* name) {
    const auto found = call.request.query.find(name);
    return pattern_of(found == call.request.query.end() ? "" : found->second);
  };
  const RemovePolicy command{asked("model"), asked("class")};
  if (auto fault = refused(call, command)) return *fault;
  return json_response(
      200,
      {{"model", command.model}, {"hardware_class", command.hardware_class}, {"state", "removed"}});
}

}  // namespace flotilla::controller::api
