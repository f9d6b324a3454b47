#pragma once

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Hardware classes, and every version of every model. A version never changes.
namespace flotilla::controller::model_registry {

Refused define_class(StepContext& step, const DefineClass& command);

/// The class of this name; made with default limits when it is new.
Refused ensure_class(StepContext& step, const std::string& name);

Refused register_version(StepContext& step, const RegisterVersion& command);

/// Adds a later document to a version, which itself stays as it is.
Refused revise_document(StepContext& step, const ReviseDocument& command);

/// Puts a release manifest's signature to a draft, or another one of the same manifest to a
/// release.
Refused sign_release(StepContext& step, const SignRelease& command);
/// A verified approval travels with its release from now on. A key counts once, and more than
/// kMaxReleaseApprovals no rule asks for: others are not kept.
void keep_approval(StepContext& step, ReleaseApproval approval);
/// Refused while a keyset is on record and not yet in force: signatures that count now may not a
/// moment later.
Refused keyset_changes(const StepContext& step);
/// Puts a newer keyset on record; what follows from it comes with ControlPlane::use_keyset().
Refused take_keyset(StepContext& step, const TakeKeyset& command);
/// The same for the one in force.
void note_keyset(StepContext& step, const TakeKeyset& keyset);

/// The number that the model's next version must have.
uint32_t next_version(const FleetState& state, std::string_view model);

}  // namespace flotilla::controller::model_registry
