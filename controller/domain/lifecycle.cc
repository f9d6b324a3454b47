#include "controller/domain/lifecycle.h"

#include <algorithm>

#include "controller/domain/access_control.h"
#include "controller/domain/bounds.h"
#include "controller/domain/model_registry.h"
#include "controller/domain/names.h"
#include "controller/domain/policies.h"
#include "controller/domain/rollout_machine.h"
#include "controller/domain/text.h"
#include "schemas/base/assert.h"

namespace flotilla::controller::lifecycle {
namespace {

using State = ReleaseState;

/// A version on one class.
struct Place {
  const ModelVersion& version;
  std::string hardware_class;
};

std::string text_of(const Place& place) {
  return cat("version ", place.version.version, " of ", place.version.model, " on ",
             place.hardware_class);
}

State state_at(const FleetState& state, const Place& place) {
  return state_of(state, place.version.model, place.version.version, place.hardware_class);
}

Lifecycle& record_of(StepContext& step, const ModelVersion& version) {
  Lifecycle& out = step.state.lifecycles[{version.model, version.version}];
  out.model = version.model;
  out.version = version.version;
  return out;
}

/// The one place where a state changes.
void enter(StepContext& step, const Place& place, State to, const std::string& reason) {
  FLOTILLA_ASSERT(may_enter(state_at(step.state, place), to));
  Lifecycle& record = record_of(step, place.version);
  record.classes[place.hardware_class] = {to, step.now, step.identity, reason.substr(0, kMaxText)};
  step.touch(record);
  step.audit(cat("version.", state_name(to)),
             cat("model/", place.version.model, "/", place.version.version),
             cat("class ", place.hardware_class, reason.empty() ? "" : ": ", reason));
}

Refused find(const FleetState& state, const std::string& model, uint32_t version,
             const ModelVersion*& out) {
  const auto versions = state.models.find(model);
  if (versions != state.models.end()) {
    const auto found = versions->second.find(version);
    if (found != versions->second.end()) {
      out = &found->second;
      return std::nullopt;
    }
  }
  return refusal(Code::kNotFound, cat("version ", version, " of ", model, " does not exist"),
                 cat("versions: flotilla model show ", model));
}

Refused check_class(const FleetState& state, const ModelVersion& version,
                    const std::string& hardware_class) {
  if (state.find_variant(version.model, version.version, hardware_class)) return std::nullopt;
  return refusal(Code::kNotFound,
                 cat("version ", version.version, " of ", version.model, " has no variant for ",
                     hardware_class),
                 cat("classes: flotilla model show ", version.model, " ", version.version));
}

/// Who registered the version, or corrected its document: a policy is held against both.
bool is_author(const FleetState& state, const ModelVersion& version, const std::string& identity) {
  if (identity == version.created_by) return true;
  const auto found = state.revisions.find({version.model, version.version});
  return found != state.revisions.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const auto& revision) { return revision.second.created_by == identity; });
}

Refused own_version(const StepContext& step, const ModelVersion& version, const char* what,
                    std::vector<std::string> others) {
  std::erase_if(others,
                [&](const std::string& name) { return is_author(step.state, version, name); });
  Refusal out = refusal(Code::kPermissionDenied,
                        cat(step.identity, " is an author of version ", version.version, " of ",
                            version.model, ": ", what, " must come from somebody else"),
                        cat("ask ", access_control::names_text(others)));
  out.rule = "own_version";
  out.held_by = std::move(others);
  return out;
}

void append(std::vector<FailedRule>& to, std::vector<FailedRule> more) {
  for (FailedRule& rule : more) to.push_back(std::move(rule));
}

/// Policies have rules that only the document can answer, so somebody must have looked.
bool asks_the_document(const FleetState& state, const Place& place) {
  const auto all = policies::of(state, place.version.model, place.hardware_class);
  return std::any_of(all.begin(), all.end(), [](const Policy* policy) {
    return !policy->metadata.empty() || !policy->require.empty();
  });
}

std::vector<FailedRule> unmet_before(const StepContext& step, const Place& place, State to,
                                     const std::vector<Findings>& findings) {
  std::vector<FailedRule> out;
  const State from = state_at(step.state, place);
  if (from == State::kDraft) {
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Findings& f) {
      return f.hardware_class == place.hardware_class;
    });
    if (found != findings.end()) {
      out = found->unmet;
    } else if (asks_the_document(step.state, place)) {
      out.push_back({"metadata", "looked at", "not looked at", {}});
    }
    append(out,
           policies::unmet_evidence(step.state, place.version, place.hardware_class, step.now));
  }
  if (to == State::kReleased && (from == State::kDraft || from == State::kValidated)) {
    append(out,
           policies::unmet_approvals(step.state, place.version, place.hardware_class, step.now));
  }
  return out;
}

Refusal unmet(const Place& place, std::vector<FailedRule> rules) {
  std::string text;
  std::string help;
  for (const FailedRule& rule : rules) {
    text += cat(text.empty() ? "" : "; ", rule.rule, ": asked for ", rule.expected, ", found ",
                rule.found);
    if (!rule.who.empty()) {
      help +=
          cat(help.empty() ? "" : "; ", rule.rule, ": ask ", access_control::names_text(rule.who));
    }
  }
  Refusal out =
      refusal(Code::kFailedPrecondition, cat(text_of(place), " does not meet its policy: ", text),
              help.empty() ? cat("correct the version, or see 'flotilla policy check ",
                                 place.version.model, " ", place.version.version, "'")
                           : help);
  out.rule = "policy_unmet";
  out.failed = std::move(rules);
  return out;
}

/// Replaces what the same person gave for the same class.
template <typename Given>
bool put(std::vector<Given>& all, Given given, size_t limit) {
  for (Given& known : all) {
    if (known.by != given.by || known.hardware_class != given.hardware_class) continue;
    known = std::move(given);
    return true;
  }
  if (all.size() >= limit) return false;
  all.push_back(std::move(given));
  return true;
}

Refused full(const ModelVersion& version, const char* what, size_t limit) {
  return refusal(Code::kResourceExhausted,
                 cat("version ", version.version, " of ", version.model, " has ", limit, " ", what,
                     " already"),
                 "register a new version");
}

Refused check_evidence(const FleetState& state, const ModelVersion& version,
                       const PostEvidence& command) {
  if (command.file.is_none() || command.metrics.size() > kMaxMetrics) {
    return refusal(Code::kInvalidArgument,
                   cat("evidence needs a file and at most ", kMaxMetrics, " metrics"),
                   "store the report as an artifact first");
  }
  for (const std::string& name : command.hardware_classes) {
    if (Refused why = check_class(state, version, name)) return why;
    if (state_of(state, version.model, version.version, name) != State::kRevoked) continue;
    return refusal(Code::kFailedPrecondition, cat(text_of({version, name}), " is revoked"),
                   "register a new version");
  }
  return std::nullopt;
}

void try_validated(StepContext& step, const Place& place, const std::vector<Findings>& findings,
                   const std::string& reason) {
  if (state_at(step.state, place) != State::kDraft) return;
  if (!unmet_before(step, place, State::kValidated, findings).empty()) return;
  enter(step, place, State::kValidated, reason);
}

/// A key speaks for one person.
Refused check_key(const StepContext& step, const Place& place, const ApprovalRecord& approval) {
  if (approval.key == 0) return std::nullopt;
  const auto found = step.state.lifecycles.find({place.version.model, place.version.version});
  if (found == step.state.lifecycles.end()) return std::nullopt;
  for (const ApprovalRecord& known : found->second.approvals) {
    if (known.key != approval.key || known.by == step.identity) continue;
    return refusal(Code::kAlreadyExists, cat("this key has approved already, for ", known.by),
                   "each person signs with a key of their own");
  }
  return std::nullopt;
}

ReleaseApproval release_approval(const StepContext& step, const Place& place,
                                 const ApprovalRecord& approval) {
  const ModelVersion& version = place.version;
  ReleaseApproval out;
  out.release_digest =
      step.state.find_variant(version.model, version.version, place.hardware_class)->release_digest;
  out.signer = approval.key;
  out.approver = approval.by;
  out.model = version.model;
  out.version = version.version;
  out.hardware_class = place.hardware_class;
  out.envelope = approval.envelope;
  return out;
}

Refused check_approval(StepContext& step, const Place& place, const Approve& command,
                       const ApprovalRecord& approval) {
  if (Refused why = check_class(step.state, place.version, place.hardware_class)) return why;
  const State from = state_at(step.state, place);
  // Devices may ask for signed approvals of what no policy of this server holds back.
  const bool for_devices = from == State::kReleased && approval.key != 0;
  if (for_devices) return check_key(step, place, approval);
  if (from != State::kDraft && from != State::kValidated && from != State::kApproved) {
    return refusal(Code::kFailedPrecondition,
                   cat(text_of(place), " is ", state_name(from), ": there is nothing to approve"),
                   "approvals are for versions that a policy holds back");
  }
  auto rules = unmet_before(step, place, State::kValidated, command.findings);
  if (!rules.empty()) return unmet(place, std::move(rules));
  return check_key(step, place, approval);
}

Refused check_release(StepContext& step, const Place& place, const ChangeRelease& command) {
  if (Refused why = check_class(step.state, place.version, place.hardware_class)) return why;
  const State from = state_at(step.state, place);
  if (from == command.to) return std::nullopt;
  if (from == State::kRevoked || (command.to == State::kDeprecated && from != State::kReleased)) {
    return refusal(
        Code::kFailedPrecondition,
        cat(text_of(place), " is ", state_name(from), ": it cannot become ",
            state_name(command.to)),
        from == State::kRevoked ? "register a new version" : "only what is released is deprecated");
  }
  if (command.to != State::kReleased) return std::nullopt;
  auto rules = unmet_before(step, place, State::kReleased, command.findings);
  if (rules.empty()) return std::nullopt;
  return unmet(place, std::move(rules));
}

void release(StepContext& step, const Place& place, const std::string& reason) {
  const char* kAsked = "the policy asks for no more";
  if (state_at(step.state, place) == State::kDraft) enter(step, place, State::kValidated, kAsked);
  if (state_at(step.state, place) == State::kValidated)
    enter(step, place, State::kApproved, kAsked);
  enter(step, place, State::kReleased, reason);
}

}  // namespace

ReleaseState state_of(const FleetState& state, const std::string& model, uint32_t version,
                      const std::string& hardware_class) {
  const auto found = state.lifecycles.find({model, version});
  if (found == state.lifecycles.end()) return State::kReleased;
  const auto standing = found->second.classes.find(hardware_class);
  return standing == found->second.classes.end() ? State::kReleased : standing->second.state;
}

bool may_enter(State from, State to) {
  switch (from) {
    case State::kDraft:
      return to == State::kValidated || to == State::kRevoked;
    case State::kValidated:
      return to == State::kApproved || to == State::kDraft || to == State::kRevoked;
    case State::kApproved:
      return to == State::kReleased || to == State::kDraft || to == State::kRevoked;
    case State::kReleased:
      return to == State::kDeprecated || to == State::kRevoked;
    case State::kDeprecated:
      return to == State::kReleased || to == State::kRevoked;
    case State::kRevoked:
      return false;
  }
  return false;
}

void registered(StepContext& step, const ModelVersion& version) {
  std::string classes;
  for (const Variant& variant : version.variants) {
    if (!policies::has_gate(step.state, version.model, variant.hardware_class)) continue;
    record_of(step, version).classes[variant.hardware_class] = {State::kDraft, step.now,
                                                                step.identity, ""};
    classes += cat(classes.empty() ? "" : ", ", variant.hardware_class);
  }
  if (classes.empty()) return;
  step.touch(record_of(step, version));
  step.audit("version.draft", cat("model/", version.model, "/", version.version),
             cat("a policy holds it back on ", classes));
}

void revised(StepContext& step, const std::string& model, uint32_t version) {
  const auto found = step.state.lifecycles.find({model, version});
  if (found == step.state.lifecycles.end()) return;
  Lifecycle& record = found->second;
  const ModelVersion& of = step.state.models.at(model).at(version);
  for (const Variant& variant : of.variants) {
    const std::string& name = variant.hardware_class;
    const State from = state_of(step.state, model, version, name);
    if (from > State::kApproved) continue;
    std::erase_if(record.evidence, [&](const auto& e) { return e.hardware_class == name; });
    std::erase_if(record.approvals, [&](const auto& a) { return a.hardware_class == name; });
    if (from == State::kDraft) continue;
    enter(step, {of, name}, State::kDraft, "its document was revised");
  }
  step.touch(record);
}

Refused post_evidence(StepContext& step, const PostEvidence& command) {
  const ModelVersion* version = nullptr;
  if (Refused why = find(step.state, command.model, command.version, version)) return why;
  if (Refused why = check_evidence(step.state, *version, command)) return why;
  if (is_author(step.state, *version, step.identity)) {
    return own_version(step, *version, "evidence",
                       access_control::holders(step.state, Permission::kValidate,
                                               {command.model, "", "", ""}, step.now));
  }
  const auto known = step.state.lifecycles.find({command.model, command.version});
  if (known != step.state.lifecycles.end() &&
      known->second.evidence.size() + command.hardware_classes.size() > kMaxEvidence) {
    return full(*version, "pieces of evidence", kMaxEvidence);
  }
  for (const std::string& name : command.hardware_classes) {
    Lifecycle& record = record_of(step, *version);
    // Without a policy there is no state to hold back: what is not in the record is released.
    put(record.evidence, {name, command.file, command.metrics, step.identity, step.now},
        kMaxEvidence);
    step.touch(record);
    step.audit("version.evidence", cat("model/", command.model, "/", command.version),
               cat("class ", name, ": ", to_hex(command.file).view()));
    try_validated(step, {*version, name}, command.findings, cat("evidence of ", step.identity));
  }
  return std::nullopt;
}

Refused approve(StepContext& step, const Approve& command) {
  const ModelVersion* version = nullptr;
  if (Refused why = find(step.state, command.model, command.version, version)) return why;
  if (is_author(step.state, *version, step.identity)) {
    return own_version(step, *version, "approval",
                       access_control::holders(step.state, Permission::kApprove,
                                               {command.model, "", "", ""}, step.now));
  }
  for (const ApprovalRecord& approval : command.approvals) {
    if (approval.key != 0) {
      if (Refused why = model_registry::keyset_changes(step)) return why;
    }
    const Place place{*version, approval.hardware_class};
    if (Refused why = check_approval(step, place, command, approval)) return why;
  }
  const auto known = step.state.lifecycles.find({command.model, command.version});
  if (known != step.state.lifecycles.end() &&
      known->second.approvals.size() + command.approvals.size() > kMaxApprovals) {
    return full(*version, "approvals", kMaxApprovals);
  }
  for (ApprovalRecord approval : command.approvals) {
    const Place place{*version, approval.hardware_class};
    try_validated(step, place, command.findings, "the policy asks for no evidence");
    approval.by = step.identity;
    approval.time = step.now;
    Lifecycle& record = record_of(step, *version);
    const bool is_signed = approval.key != 0;
    if (is_signed) model_registry::keep_approval(step, release_approval(step, place, approval));
    approval.envelope.clear();
    put(record.approvals, std::move(approval), kMaxApprovals);
    step.touch(record);
    step.audit("version.approval", cat("model/", command.model, "/", command.version),
               cat("class ", place.hardware_class, ", by ", step.identity,
                   is_signed ? ", signed" : ", not signed"));
    if (state_at(step.state, place) != State::kValidated) continue;
    if (!policies::unmet_approvals(step.state, *version, place.hardware_class, step.now).empty())
      continue;
    enter(step, place, State::kApproved, cat("approved by ", step.identity));
  }
  return std::nullopt;
}

Refused change(StepContext& step, const ChangeRelease& command) {
  const ModelVersion* version = nullptr;
  if (Refused why = find(step.state, command.model, command.version, version)) return why;
  for (const std::string& name : command.hardware_classes) {
    if (Refused why = check_release(step, {*version, name}, command)) return why;
  }
  for (const std::string& name : command.hardware_classes) {
    const Place place{*version, name};
    if (state_at(step.state, place) == command.to) continue;
    if (command.to == State::kReleased && state_at(step.state, place) != State::kDeprecated) {
      release(step, place, command.reason);
    } else {
      enter(step, place, command.to, command.reason);
    }
    if (command.to == State::kRevoked)
      rollout_machine::revoked(step, command.model, command.version, name);
  }
  return std::nullopt;
}

}  // namespace flotilla::controller::lifecycle
