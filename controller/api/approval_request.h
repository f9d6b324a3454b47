#pragma once

#include "controller/api/body_reader.h"
#include "controller/api/route.h"

/// Approvals as they come in requests.
namespace flotilla::controller::api {

/// One for each class. Where the keyset names approvers, the member `envelopes` must hold a signed
/// approval for each: of exactly the release that the version has on the class, in the name of the
/// token's identity.
std::optional<Refusal> read_approvals(const Call& call, BodyReader& reader,
                                      const ModelVersion& version,
                                      const std::vector<std::string>& classes,
                                      std::vector<ApprovalRecord>& out);

}  // namespace flotilla::controller::api
