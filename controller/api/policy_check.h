#pragma once

#include "controller/api/json.h"
#include "controller/domain/control_plane.h"

/// The rules of policies that the version document and the image answer.
namespace flotilla::controller::api {

/// Why the text is no rule of `require`, a query of docs/search.md that also knows evidence.NAME;
/// nothing: it is one.
std::optional<Refusal> rule_fault(const std::string& text);

using Metrics = std::map<std::string, std::string>;  ///< name -> decimal number

/// The rules of `metadata` and `require` that are not met on the variant's class. `posted`: figures
/// of evidence that is on its way, and newer than all there is.
std::vector<FailedRule> unmet_document_rules(const ControlPlane& plane, const ModelVersion& version,
                                             const Variant& variant, const Metrics& posted = {});

/// For a command about these classes.
std::vector<Findings> findings_of(const ControlPlane& plane, const ModelVersion& version,
                                  const std::vector<std::string>& classes,
                                  const Metrics& posted = {});

}  // namespace flotilla::controller::api
