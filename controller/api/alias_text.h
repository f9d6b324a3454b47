#pragma once

#include <string>
#include <vector>

#include "controller/domain/control_plane.h"

/// `@ALIAS` where a version may stand.
namespace flotilla::controller::api {

bool is_alias(const std::string& version);

/// The version that `@ALIAS` names on all of these classes; none: wherever it names one. A refusal
/// says which classes differ.
std::optional<Refusal> resolve_alias(const ControlPlane& plane, const std::string& model,
                                     const std::string& text,
                                     const std::vector<std::string>& classes, uint32_t& version);

/// The classes of the version on which `@ALIAS` names it.
std::vector<std::string> classes_of_alias(const ControlPlane& plane, const ModelVersion& version,
                                          const std::string& text);

/// The aliases that name the version on the class, sorted.
std::vector<std::string> aliases_of(const ControlPlane& plane, const ModelVersion& version,
                                    const std::string& hardware_class);

}  // namespace flotilla::controller::api
