#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// What versions must show before they are released: policies, as data.
namespace flotilla::controller::policies {

/// `policy` with `*` for an empty pattern.
Refused set(StepContext& step, const SetPolicy& command);
Refused remove(StepContext& step, const RemovePolicy& command);

/// Those that hold for a model and class, by their patterns.
std::vector<const Policy*> of(const FleetState& state, std::string_view model,
                              std::string_view hardware_class);
/// The policy asks for something before a release; else it only protects aliases.
bool is_gate(const Policy& policy);
/// A version that is registered now starts as a draft.
bool has_gate(const FleetState& state, std::string_view model, std::string_view hardware_class);

/// Only a grant that names the alias may move it. `hardware_class` empty: on any class.
bool is_protected(const FleetState& state, std::string_view model, std::string_view hardware_class,
                  std::string_view alias);
/// The versions that it names must have golden vectors.
bool needs_golden(const FleetState& state, std::string_view model, std::string_view hardware_class,
                  std::string_view alias);

/// The rules that the policies have about evidence and approvals and that are not met, with who
/// could meet them.
std::vector<FailedRule> unmet_evidence(const FleetState& state, const ModelVersion& version,
                                       const std::string& hardware_class, WallTime now);
std::vector<FailedRule> unmet_approvals(const FleetState& state, const ModelVersion& version,
                                        const std::string& hardware_class, WallTime now);

}  // namespace flotilla::controller::policies
