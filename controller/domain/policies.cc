#include "controller/domain/policies.h"

#include <algorithm>
#include <set>

#include "controller/domain/access_control.h"
#include "controller/domain/bounds.h"
#include "controller/domain/text.h"

namespace flotilla::controller::policies {
namespace {

Refused invalid(std::string message, std::string remedy) {
  return refusal(Code::kInvalidArgument, std::move(message), std::move(remedy));
}

Refused check_texts(const char* what, const std::vector<std::string>& texts) {
  if (texts.size() > kMaxPolicyRules) {
    return invalid(
        cat("the policy has ", texts.size(), " lines of ", what, ", more than ", kMaxPolicyRules),
        "shorten it");
  }
  for (const std::string& text : texts) {
    if (!text.empty() && text.size() <= kMaxRuleText) continue;
    return invalid(cat("a line of ", what, " has ", text.size(), " bytes, not 1 to ", kMaxRuleText),
                   "correct the policy");
  }
  return std::nullopt;
}

Refused check_patterns(const char* what, const std::vector<std::string>& patterns) {
  if (Refused why = check_texts(what, patterns)) return why;
  for (const std::string& pattern : patterns) {
    if (is_valid_pattern(pattern)) continue;
    return invalid(cat("'", pattern, "' in ", what, " is no pattern of names"),
                   "write a name, the beginning of names and *, or * for all");
  }
  return std::nullopt;
}

Refused check(const Policy& p) {
  if (!is_valid_pattern(p.model) || !is_valid_pattern(p.hardware_class)) {
    return invalid(cat("'", p.model, "' or '", p.hardware_class, "' is no pattern of names"),
                   "write a name, the beginning of names and *, or * for all");
  }
  if (Refused why = check_texts("metadata", p.metadata)) return why;
  if (Refused why = check_texts("require", p.require)) return why;
  if (Refused why = check_texts("approvers", p.approvers)) return why;
  if (Refused why = check_patterns("protected_aliases", p.protected_aliases)) return why;
  if (Refused why = check_patterns("golden_aliases", p.golden_aliases)) return why;
  if (p.evidence > kMaxNeeded || p.approvals > kMaxNeeded) {
    return invalid(cat("the policy asks for ", std::max(p.evidence, p.approvals),
                       " people, more than ", kMaxNeeded),
                   "ask for fewer");
  }
  const std::set<std::string> people(p.approvers.begin(), p.approvers.end());
  if (people.empty() || people.size() >= p.approvals) return std::nullopt;
  return invalid(
      cat("the policy asks for ", p.approvals, " approvals of ", people.size(), " approvers"),
      "name more people, or ask for fewer approvals");
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

/// Of some policy for the model, on the class or on any.
template <typename Test>
bool any_policy(const FleetState& state, std::string_view model, std::string_view hardware_class,
                Test test) {
  for (const auto& [key, policy] : state.policies) {
    const bool here = hardware_class.empty() || matches(policy.hardware_class, hardware_class);
    if (here && matches(policy.model, model) && test(policy)) return true;
  }
  return false;
}

std::string describe(const Policy& p) {
  return cat(p.metadata.size(), " metadata, ", p.require.size(), " require, ", p.evidence,
             " evidence, ", p.approvals, " approvals, ", p.protected_aliases.size(),
             " protected aliases, ", p.golden_aliases.size(), " golden aliases");
}

const Lifecycle* lifecycle_of(const FleetState& state, const ModelVersion& version) {
  const auto found = state.lifecycles.find({version.model, version.version});
  return found == state.lifecycles.end() ? nullptr : &found->second;
}

/// Who has given one of these for the class and is not the author.
template <typename Given>
std::set<std::string> givers(const std::vector<Given>& all, const ModelVersion& version,
                             const std::string& hardware_class) {
  std::set<std::string> out;
  for (const Given& given : all) {
    if (given.hardware_class == hardware_class && given.by != version.created_by)
      out.insert(given.by);
  }
  return out;
}

std::string listed(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += cat(out.empty() ? " (" : ", ", name);
  return out.empty() ? "" : out + ")";
}

std::vector<std::string> others(std::vector<std::string> candidates, const ModelVersion& version,
                                const std::set<std::string>& done,
                                const std::vector<std::string>& allowed) {
  std::vector<std::string> out;
  for (std::string& name : candidates) {
    const bool counts =
        allowed.empty() || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
    if (counts && name != version.created_by && !done.contains(name))
      out.push_back(std::move(name));
  }
  return out;
}

}  // namespace

Refused set(StepContext& step, const SetPolicy& command) {
  Policy policy = command.policy;
  if (policy.model.empty()) policy.model = kEvery;
  if (policy.hardware_class.empty()) policy.hardware_class = kEvery;
  if (Refused why = check(policy)) return why;
  const PolicyKey key{policy.model, policy.hardware_class};
  if (step.state.policies.size() >= kMaxPolicies && !step.state.policies.contains(key)) {
    return refusal(Code::kResourceExhausted, cat("there are ", kMaxPolicies, " policies already"),
                   "use patterns, or remove one");
  }
  policy.changed = step.now;
  policy.changed_by = step.identity;
  const Policy& kept = step.state.policies[key] = std::move(policy);
  step.touch(kept);
  step.audit("policy.set", cat("policy/", key.first, "/", key.second), describe(kept));
  return std::nullopt;
}

Refused remove(StepContext& step, const RemovePolicy& command) {
  const PolicyKey key{command.model.empty() ? kEvery : command.model,
                      command.hardware_class.empty() ? kEvery : command.hardware_class};
  if (!step.state.policies.contains(key)) {
    return refusal(Code::kNotFound,
                   cat("there is no policy for model ", key.first, ", class ", key.second),
                   "policies: flotilla policy list");
  }
  step.audit("policy.removed", cat("policy/", key.first, "/", key.second),
             describe(step.state.policies.at(key)));
  step.drop_policy(key);
  return std::nullopt;
}

std::vector<const Policy*> of(const FleetState& state, std::string_view model,
                              std::string_view hardware_class) {
  std::vector<const Policy*> out;
  for (const auto& [key, policy] : state.policies) {
    if (matches(policy.model, model) && matches(policy.hardware_class, hardware_class))
      out.push_back(&policy);
  }
  return out;
}

bool is_gate(const Policy& policy) {
  return !policy.metadata.empty() || !policy.require.empty() || policy.evidence > 0 ||
         policy.approvals > 0;
}

bool has_gate(const FleetState& state, std::string_view model, std::string_view hardware_class) {
  return any_policy(state, model, hardware_class, is_gate);
}

bool is_protected(const FleetState& state, std::string_view model, std::string_view hardware_class,
                  std::string_view alias) {
  return any_policy(state, model, hardware_class,
                    [&](const Policy& p) { return any_matches(p.protected_aliases, alias); });
}

bool needs_golden(const FleetState& state, std::string_view model, std::string_view hardware_class,
                  std::string_view alias) {
  if (alias == kChampion) return true;
  return any_policy(state, model, hardware_class,
                    [&](const Policy& p) { return any_matches(p.golden_aliases, alias); });
}

std::vector<FailedRule> unmet_evidence(const FleetState& state, const ModelVersion& version,
                                       const std::string& hardware_class, WallTime now) {
  std::vector<FailedRule> out;
  const Lifecycle* lifecycle = lifecycle_of(state, version);
  const auto done = lifecycle == nullptr ? std::set<std::string>{}
                                         : givers(lifecycle->evidence, version, hardware_class);
  const Reach reach{version.model, hardware_class, "", ""};
  for (const Policy* policy : of(state, version.model, hardware_class)) {
    if (done.size() >= policy->evidence) continue;
    out.push_back({"evidence",
                   cat(policy->evidence, " by people other than the author ", version.created_by),
                   cat(done.size(), listed(done)),
                   others(access_control::holders(state, Permission::kValidate, reach, now),
                          version, done, {})});
  }
  return out;
}

std::vector<FailedRule> unmet_approvals(const FleetState& state, const ModelVersion& version,
                                        const std::string& hardware_class, WallTime now) {
  std::vector<FailedRule> out;
  const Lifecycle* lifecycle = lifecycle_of(state, version);
  const auto given = lifecycle == nullptr ? std::set<std::string>{}
                                          : givers(lifecycle->approvals, version, hardware_class);
  const Reach reach{version.model, hardware_class, "", ""};
  for (const Policy* policy : of(state, version.model, hardware_class)) {
    std::set<std::string> done = given;
    if (!policy->approvers.empty()) {
      std::erase_if(done, [&](const std::string& name) {
        return std::find(policy->approvers.begin(), policy->approvers.end(), name) ==
               policy->approvers.end();
      });
    }
    if (done.size() >= policy->approvals) continue;
    const auto able = access_control::holders(state, Permission::kApprove, reach, now);
    out.push_back({"approvals",
                   cat(policy->approvals, " by people other than the author ", version.created_by),
                   cat(done.size(), listed(done)), others(able, version, done, policy->approvers)});
  }
  return out;
}

}  // namespace flotilla::controller::policies
