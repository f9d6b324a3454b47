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
/// One signature per root key, at most kMaxSignatures.
Result<std::string> sign_keyset(Hasher& hasher, std::span<Signer* const> roots,
                                const Keyset& value);

Result<std::string> sign_checkpoint(Hasher& hasher, Signer& director, const Checkpoint& value);

/// The retained message that announces a transfer. `golden` may be empty.
Result<std::string> build_offer(Bytes transfer_envelope, Bytes release_envelope, Bytes golden,
                                std::span<const GrowthProof> growth = {});

/// Identity of a release: the signing digest of the body inside `envelope`.
Result<Digest> release_digest(Hasher& hasher, Bytes envelope);

}  // namespace flotilla::controller
