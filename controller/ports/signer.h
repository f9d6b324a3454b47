#pragma once

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller {

/// One private key in use. Deterministic signatures (RFC 6979): the same digest gives the same
/// bytes.
class Signer {
 public:
  virtual KeyId key_id() const = 0;
  virtual const PublicKey& public_key() const = 0;
  virtual Result<SignatureBytes> sign(const Digest& digest) = 0;

 protected:
  ~Signer() = default;
};

/// Checks ECDSA P-256 signatures; usable from several threads.
class SignatureVerifier {
 public:
  virtual bool verify(const PublicKey& key, const Digest& digest, Bytes signature) const = 0;

 protected:
  ~SignatureVerifier() = default;
};

}  // namespace flotilla::controller
