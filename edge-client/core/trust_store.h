#pragma once

#include "edge-client/ports/crypto.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// Whom the device trusts, and the only clock it has: the highest time of issue in a message whose
/// signature it verified.
class TrustStore {
 public:
  const Keyset& keyset() const { return keyset_; }
  WallTime now() const { return now_; }

  /// Takes over a keyset that was stored or is about to be; its time of issue restarts the clock,
  /// which is how a fleet recovers from a stolen key that signed far in the future.
  void adopt(const Keyset& keyset);
  void observe(WallTime issued);

  /// kNone when one of the signatures is by a key with `role` over `digest`. Verifies at most
  /// kMaxSignatures signatures.
  Reason check(Crypto& crypto, const Envelope& envelope, KeyRole role, const Digest& digest) const;

  /// kNone when `next` may replace the current keyset: newer epoch, enough of the old root keys,
  /// and enough of its own where the roots differ. At most 2 * kMaxSignatures verifications.
  Reason check_successor(Crypto& crypto, const Signed<Keyset>& next) const;
  /// kNone when the keyset is signed by enough of its own root keys: what was provisioned is whole.
  static Reason check_self(Crypto& crypto, const Signed<Keyset>& keyset);

 private:
  WallTime now_;
  Keyset keyset_;
};

}  // namespace flotilla::edge
