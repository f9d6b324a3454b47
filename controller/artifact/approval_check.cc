#include "controller/artifact/approval_check.h"

#include "controller/artifact/aligned.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller {
namespace {

bool is_signed_by(Hasher& hasher, const SignatureVerifier& verifier, const KeysetKey& key,
                  const Envelope& envelope) {
  const KeyId id = key_id(hasher, key.public_key);
  const Digest digest = signing_digest(hasher, envelope.kind, envelope.signed_bytes);
  for (const SignatureView& signature : envelope.signatures) {
    if (signature.key_id != id) continue;
    if (verifier.verify(key.public_key, digest, signature.bytes)) return true;
  }
  return false;
}

}  // namespace

Result<VerifiedApproval> verify_approval(Hasher& hasher, const SignatureVerifier& verifier,
                                         const Keyset& keyset, Bytes envelope) {
  const AlignedCopy aligned(envelope);
  const auto decoded = wire::decode_approval(aligned.view());
  if (!decoded.ok()) return decoded.status();
  for (const KeysetKey& key : keyset.keys) {
    if ((key.roles & kRoleApprover) == 0) continue;
    if (!is_signed_by(hasher, verifier, key, decoded.value().envelope)) continue;
    return VerifiedApproval{decoded.value().value, key_id(hasher, key.public_key)};
  }
  return Status(Code::kUnauthenticated, "the approval is not signed by an approver of the keyset");
}

}  // namespace flotilla::controller
