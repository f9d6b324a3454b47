#pragma once

#include <mbedtls/ecp.h>

#include <memory>
#include <mutex>
#include <string>

#include "controller/adapters/mbed_random.h"
#include "controller/ports/signer.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// ECDSA P-256 with deterministic nonces (RFC 6979, HMAC-SHA-256) by mbedTLS; blinded against side
/// channels. sign() may be called from several threads, one at a time gets through (about 1 ms).
class MbedSigner final : public Signer {
 public:
  /// A P-256 private key as PEM text or DER (SEC 1 or PKCS #8), without a password.
  static Result<std::shared_ptr<MbedSigner>> from_key(Hasher& hasher, Bytes key);
  /// The same from a file. kNotFound, or kInvalidArgument when it holds no such key.
  static Result<std::shared_ptr<MbedSigner>> load(Hasher& hasher, const std::string& path);

  MbedSigner();
  ~MbedSigner();
  MbedSigner(const MbedSigner&) = delete;
  MbedSigner& operator=(const MbedSigner&) = delete;

  KeyId key_id() const override { return key_id_; }
  const PublicKey& public_key() const override { return public_key_; }
  Result<SignatureBytes> sign(const Digest& digest) override;

 private:
  Status take(Hasher& hasher, Bytes key);

  std::mutex mutex_;
  MbedRandom blinding_;
  mbedtls_ecp_keypair pair_;
  KeyId key_id_ = 0;
  PublicKey public_key_{};
};

}  // namespace flotilla::controller
