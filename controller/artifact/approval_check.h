#pragma once

#include "controller/ports/signer.h"
#include "schemas/base/status.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller {

struct VerifiedApproval {
  Approval approval;
  KeyId signer = 0;  ///< approver's key: two approvals of one key count once
};

/// An approval (the envelope's bytes, at any address) whose signature is that of a key with the
/// role approver in `keyset`. kUnauthenticated when it is nobody's; what decoding refuses comes
/// back unchanged. Which release it consents to is the caller's to compare.
Result<VerifiedApproval> verify_approval(Hasher& hasher, const SignatureVerifier& verifier,
                                         const Keyset& keyset, Bytes envelope);

}  // namespace flotilla::controller
