#pragma once

#include <string>
#include <vector>

#include "controller/ports/signer.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller::app {

/// A release that a rollout may bring to a device, and the golden vectors that belong to it.
struct OrderedRelease {
  Digest release;
  Digest golden;  ///< none: it has none
};

/// What an attestation must agree with.
struct AttestationClaim {
  DeviceId device;
  PublicKey public_key{};
  ReportOrder report_order;
  ModelState reported;                   ///< its Bytes member is empty
  std::vector<OrderedRelease> releases;  ///< that the device may have brought into use
  std::string attestation;               ///< the signed envelope
  std::string on_record;                 ///< of the same key and model, verified before; or empty
  /// These very bytes were verified for this device before: only the content is compared.
  bool signature_known = false;
};

/// The bytes under the signatures are the same: signed anew, the same word.
bool is_same_content(const std::string& attestation, const std::string& other);

/// kUnauthenticated when the signature is not the device's; kInvalidArgument, with the reason, when
/// it attests something else than the report says; else what it attests. Uses only what several
/// threads may share.
Result<Attestation> check_attestation(Hasher& hasher, const SignatureVerifier& verifier,
                                      const AttestationClaim& claim);

}  // namespace flotilla::controller::app
