#pragma once

#include <span>
#include <string>

#include "controller/ports/signer.h"
#include "schemas/base/status.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

/// Signed messages: the body is encoded, its signing digest is signed, and both travel as one
/// envelope. The result is the envelope's bytes. Errors of the value (a name, a limit) or of the
/// signer come back unchanged.
namespace flotilla::controller {

Result<std::string> sign_release(Hasher& hasher, Signer& release_key, const ReleaseManifest& value);
Result<std::string> sign_transfer(Hasher& hasher, Signer& director, const TransferManifest& value);
Result<std::string> sign_directive(Hasher& hasher, Signer& director, const Directive& value);
Result<std::string> sign_approval(Hasher& hasher, Signer& approver, const Approval& value);
/// The bytes that root keys sign.
Result<std::string> keyset_body(const Keyset& value);
/// The envelope of a body and its signatures, which may come from several machines.
Result<std::string> assemble(SignedKind kind, Bytes body,
                             std::span<const SignatureView> signatures);
/// One signature per root key, at most kMaxSignatures.
Result<std::string> sign_keyset(Hasher& hasher, std::span<Signer* const> roots,
                                const Keyset& value);

Result<std::string> sign_checkpoint(Hasher& hasher, Signer& director, const Checkpoint& value);

/// The retained message that announces a transfer. `golden` may be empty.
/// `approvals`: envelopes, of which the first kMaxApprovals travel.
Result<std::string> build_offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                                std::span<const std::string> approvals = {},
                                std::span<const GrowthProof> growth = {});

/// Identity and first signer of the release in an envelope.
struct ReleaseFacts {
  Digest digest;
  KeyId signer = 0;
};
Result<ReleaseFacts> release_facts(Hasher& hasher, Bytes envelope);

/// Identity of a release: the signing digest of the body inside `envelope`.
Result<Digest> release_digest(Hasher& hasher, Bytes envelope);

}  // namespace flotilla::controller
