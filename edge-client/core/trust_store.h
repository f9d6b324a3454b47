#pragma once

#include "edge-client/ports/crypto.h"
#include "schemas/protocol/trusted_keys.h"

namespace flotilla::edge {

/// Whom the device trusts, and the only clock it has: the highest time of issue in a message whose
/// signature it verified.
class TrustStore {
 public:
  const TrustedKeys& keys() const { return keys_; }
  WallTime now() const { return now_; }

  /// Takes over keys that were stored or are about to be. The time of issue of another epoch
  /// restarts the clock, which is how a fleet recovers from a stolen key that signed far in the
  /// future.
  void adopt(const TrustedKeys& keys);
  void observe(WallTime issued);

  /// See check_signature(); `models` 0: whatever the key may sign for.
  Reason check(Crypto& crypto, const Envelope& envelope, KeyRole role, const Digest& digest,
               ModelBits models = 0) const {
    return check_signature(crypto, keys_, envelope, role, digest, models);
  }
  /// A keyset of this epoch is worth looking at: it is newer, or the same that stale keys come
  /// from.
  bool wants(uint32_t epoch) const {
    return epoch > keys_.epoch || (keys_.stale && epoch == keys_.epoch);
  }

 private:
  WallTime now_;
  TrustedKeys keys_;
};

}  // namespace flotilla::edge
