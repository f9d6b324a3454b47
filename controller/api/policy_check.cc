#include "controller/api/policy_check.h"

#include <algorithm>
#include <set>

#include "controller/api/optimise/chain_document.h"
#include "controller/api/search/version_fields.h"

namespace flotilla::controller::api {

namespace {

constexpr std::string_view kEvidence = "evidence.";

bool is_evidence(const std::string& field) {
  return field.size() > kEvidence.size() && field.starts_with(kEvidence);
}

std::string fault_of(const std::string& field) {
  return is_evidence(field) ? "" : field_fault(field);
}

/// What a rule is held against.
struct Subject {
  const ControlPlane& plane;
  const ModelVersion& version;
  const Variant& variant;
  const Metrics& posted;
  Json document;
};

std::vector<Json> number_of(const std::string& text) {
  return {Json::parse(text, nullptr, /*allow_exceptions=*/false)};
}

/// The figure that was posted last by somebody other than the author.
std::vector<Json> evidence_values(const Subject& s, const std::string& name) {
  const auto posted = s.posted.find(name);
  if (posted != s.posted.end()) return number_of(posted->second);
  const Lifecycle* lifecycle = s.plane.lifecycle(s.version.model, s.version.version);
  if (lifecycle == nullptr) return {};
  const Evidence* newest = nullptr;
  for (const Evidence& evidence : lifecycle->evidence) {
    const bool counts = evidence.hardware_class == s.variant.hardware_class &&
                        evidence.by != s.version.created_by && evidence.metrics.contains(name);
    if (counts && (newest == nullptr || newest->time <= evidence.time)) newest = &evidence;
  }
  if (newest == nullptr) return {};
  return number_of(newest->metrics.at(name));
}

std::vector<Json> values_of(const Subject& s, const std::string& field) {
  if (is_evidence(field)) return evidence_values(s, field.substr(kEvidence.size()));
  return field_values(field, s.version, s.variant, s.document);
}

/// "metric.f1 = 0.85, dtype is not there"
std::string found_text(const Subject& s, const Query& query) {
  const std::vector<std::string> fields = query.fields();
  std::string out;
  for (const std::string& field : std::set<std::string>(fields.begin(), fields.end())) {
    std::string values;
    for (const Json& value : values_of(s, field)) {
      values += (values.empty() ? "" : " and ") +
                (value.is_string() ? value.get<std::string>() : value.dump());
    }
    out += (out.empty() ? "" : ", ") + field + (values.empty() ? " is not there" : " = " + values);
  }
  return out;
}

void check_policy(const Policy& policy, const Subject& s, std::vector<FailedRule>& out) {
  for (const std::string& path : policy.metadata) {
    if (!values_of(s, "doc." + path).empty()) continue;
    out.push_back({"metadata " + path, "a value in the version document", "none", {}});
  }
  for (const std::string& text : policy.require) {
    Query query;
    const auto fault = Query::parse(text, fault_of, query);
    const auto values = [&](const std::string& field) { return values_of(s, field); };
    if (!fault && query.matches(values)) continue;
    out.push_back({"require " + text, text, fault ? fault->message : found_text(s, query), {}});
  }
}

}  // namespace

std::optional<Refusal> rule_fault(const std::string& text) {
  Query query;
  return Query::parse(text, fault_of, query);
}

std::vector<FailedRule> unmet_document_rules(const ControlPlane& plane, const ModelVersion& version,
                                             const Variant& variant, const Metrics& posted) {
  std::vector<FailedRule> out;
  const auto policies = plane.policies_of(version.model, variant.hardware_class);
  if (policies.empty()) return out;
  const Subject subject{plane, version, variant, posted, newest_document(plane, version)};
  for (const Policy* policy : policies) check_policy(*policy, subject, out);
  return out;
}

std::vector<Findings> findings_of(const ControlPlane& plane, const ModelVersion& version,
                                  const std::vector<std::string>& classes, const Metrics& posted) {
  std::vector<Findings> out;
  for (const Variant& variant : version.variants) {
    if (std::find(classes.begin(), classes.end(), variant.hardware_class) == classes.end())
      continue;
    out.push_back({variant.hardware_class, unmet_document_rules(plane, version, variant, posted)});
  }
  return out;
}

}  // namespace flotilla::controller::api
