#pragma once

#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

namespace flotilla::controller {

/// A signature, and the key that made it.
struct KeyedSignature {
  KeyId key = 0;
  SignatureBytes bytes{};
};

/// One private key in use. Deterministic signatures (RFC 6979): the same digest gives the same
/// bytes.
class Signer {
 public:
  virtual KeyId key_id() const = 0;
  virtual const PublicKey& public_key() const = 0;
  virtual Result<SignatureBytes> sign(const Digest& digest) = 0;
  /// Both of one key, also where the key may be replaced meanwhile.
  virtual Result<KeyedSignature> sign_named(const Digest& digest) {
    const Result<SignatureBytes> made = sign(digest);
    if (!made.ok()) return made.status();
    return KeyedSignature{key_id(), made.value()};
  }

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
