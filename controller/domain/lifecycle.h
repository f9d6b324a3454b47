#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// The state of each version on each hardware class: what its policies ask for is shown step by
/// step, and only what is released is rolled out.
namespace flotilla::controller::lifecycle {

ReleaseState state_of(const FleetState& state, const std::string& model, uint32_t version,
                      const std::string& hardware_class);

bool may_enter(ReleaseState from, ReleaseState to);

/// A new version is a draft where a policy asks for something, and released everywhere else.
void registered(StepContext& step, const ModelVersion& version);
/// People approved what they read: what is not released yet is a draft again.
void revised(StepContext& step, const std::string& model, uint32_t version);

Refused post_evidence(StepContext& step, const PostEvidence& command);
Refused approve(StepContext& step, const Approve& command);
Refused change(StepContext& step, const ChangeRelease& command);

}  // namespace flotilla::controller::lifecycle
