#pragma once

#include "controller/api/body_reader.h"
#include "controller/api/json.h"
#include "controller/domain/control_plane.h"

namespace flotilla::controller::api {

/// Reads the body of POST /rollouts; the salt is left to the caller. A refusal names the field.
std::optional<Refusal> read_rollout(const Json& body, const ControlPlane& plane, StartRollout& out);

/// A member that is a version's number or its label, as text; `allowed` is what a fault says.
std::string read_version(BodyReader& reader, const char* field, const char* allowed);

/// A version by its number, its label or `@ALIAS`; null when the model has none such, or the alias
/// differs from class to class.
const ModelVersion* find_version(const ControlPlane& plane, const std::string& model,
                                 const std::string& number_or_label);

}  // namespace flotilla::controller::api
