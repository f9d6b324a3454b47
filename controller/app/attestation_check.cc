#include "controller/app/attestation_check.h"

#include <algorithm>

#include "controller/artifact/aligned.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::app {

namespace {

Status mismatch(const char* reason) {
  return {Code::kInvalidArgument, reason};
}

Status check_content(const Attestation& attested, const AttestationClaim& claim) {
  const ModelState& reported = claim.reported;
  if (attested.device != claim.device) return mismatch("it names another device");
  if (attested.model != reported.model) return mismatch("it names another model");
  if (attested.rollout != reported.rollout) return mismatch("it names another rollout");
  if (attested.outcome != reported.state) return mismatch("its outcome is not the reported state");
  if (attested.measured_digest != reported.active_digest) {
    return mismatch("it measured other bytes than the report says");
  }
  const auto ordered = std::find_if(
      claim.releases.begin(), claim.releases.end(),
      [&](const OrderedRelease& known) { return known.release == attested.release_digest; });
  if (ordered == claim.releases.end()) return mismatch("nobody ordered its release");
  const bool confirmed = attested.outcome == UpdateState::kConfirmed;
  if (attested.golden_digest != (confirmed ? ordered->golden : Digest{})) {
    return mismatch("it passed other golden vectors than the release's");
  }
  const bool is_past = attested.order.incarnation == claim.report_order.incarnation &&
                       attested.order <= claim.report_order;
  if (!is_past) return mismatch("it was not made before the report");
  return ok_status();
}

bool is_signed(Hasher& hasher, const SignatureVerifier& verifier, const PublicKey& key,
               const Envelope& envelope) {
  const KeyId signer = key_id(hasher, key);
  const Digest digest = signing_digest(hasher, SignedKind::kAttestation, envelope.signed_bytes);
  return std::any_of(
      envelope.signatures.begin(), envelope.signatures.end(), [&](const SignatureView& signature) {
        return signature.key_id == signer && verifier.verify(key, digest, signature.bytes);
      });
}

}  // namespace

bool is_same_content(const std::string& attestation, const std::string& other) {
  if (attestation.empty() || other.empty()) return false;
  const AlignedCopy one(as_bytes(attestation)), two(as_bytes(other));
  const auto first = wire::decode_attestation(one.view());
  const auto second = wire::decode_attestation(two.view());
  return first.ok() && second.ok() &&
         equal(first.value().envelope.signed_bytes, second.value().envelope.signed_bytes);
}

Result<Attestation> check_attestation(Hasher& hasher, const SignatureVerifier& verifier,
                                      const AttestationClaim& claim) {
  const AlignedCopy bytes(as_bytes(claim.attestation));
  const auto decoded = wire::decode_attestation(bytes.view());
  if (!decoded.ok()) return decoded.status();
  FLOTILLA_TRY(check_content(decoded.value().value, claim));
  if (claim.signature_known ||
      is_signed(hasher, verifier, claim.public_key, decoded.value().envelope)) {
    return decoded.value().value;
  }
  return Status(Code::kUnauthenticated, "the signature is not the enrolled key's");
}

}  // namespace flotilla::controller::app
