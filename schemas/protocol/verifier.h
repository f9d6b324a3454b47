#pragma once

#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla {

/// What checking signed messages takes, on both sides.
class Verifier : public Hasher {
 public:
  /// ECDSA P-256 over an already computed SHA-256. False for any defect, also of the key.
  virtual bool verify(const PublicKey& key, const Digest& digest, Bytes signature) = 0;

 protected:
  ~Verifier() = default;
};

}  // namespace flotilla
