#include "controller/artifact/approval_check.h"

#include "controller/artifact/fleet_keys.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller {

Result<VerifiedApproval> verify_approval(Hasher& hasher, const SignatureVerifier& verifier,
                                         const Keyset& keyset, Bytes envelope) {
  const AlignedCopy aligned(envelope);
  const auto decoded = wire::decode_approval(aligned.view());
  if (!decoded.ok()) return decoded.status();
  const Signed<Approval>& approval = decoded.value();
  ModelNames models;
  static_cast<void>(models.push_back(approval.value.model));  // the first always fits
  const TrustedKeys trusted = trusted_keys(keyset, models, approval.value.hardware_class);
  const Digest digest =
      signing_digest(hasher, SignedKind::kApproval, approval.envelope.signed_bytes);
  HashingVerifier both(hasher, verifier);
  const Reason reason =
      check_signature(both, trusted, approval.envelope, kRoleApprover, digest, ModelBits{1});
  if (reason == Reason::kNotDelegated) {
    return Status(Code::kPermissionDenied, "the approver's key is not for this model and class");
  }
  if (reason != Reason::kNone) {
    return Status(Code::kUnauthenticated,
                  "the approval is not signed by an approver of the keyset");
  }
  return VerifiedApproval{approval.value, approval.envelope.signatures[0].key_id};
}

}  // namespace flotilla::controller
