#pragma once

#include "controller/api/route.h"

namespace flotilla::controller::api {

/// What every variant's release manifest says; the signer fills in nothing.
ReleaseManifest manifest_of(const ModelVersion& version, const Variant& variant);

/// Devices would refuse the signed manifest under the keyset in force: the signature, the key's
/// delegation and, when `with_approvals`, the approvals that are registered.
std::optional<Refusal> refuse_release(const Call& call, std::string_view envelope,
                                      bool with_approvals);

/// The same for every variant that a rollout would deliver, approvals included.
std::optional<Refusal> refuse_untrusted(const Call& call, const StartRollout& command);

/// The envelope is the manifest of this variant, and of nothing else.
std::optional<Refusal> refuse_other_manifest(const ModelVersion& version, const Variant& variant,
                                             std::string_view envelope);

}  // namespace flotilla::controller::api
