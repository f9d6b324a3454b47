#pragma once

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/sha256.h>

#include <string>

#include "edge-client/adapters/mbed_random.h"
#include "edge-client/ports/crypto.h"
#include "edge-client/ports/device_signer.h"

namespace flotilla::edge {

/// Crypto port by mbedTLS: SHA-256 and ECDSA P-256. A verification costs about 3 ms.
class MbedCrypto final : public Crypto {
 public:
  MbedCrypto();
  ~MbedCrypto();
  MbedCrypto(const MbedCrypto&) = delete;
  MbedCrypto& operator=(const MbedCrypto&) = delete;

  Digest sha256(std::initializer_list<Bytes> parts) override;
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override;
  void hash_begin() override;
  void hash_update(Bytes bytes) override;
  Digest hash_end() override;

 private:
  mbedtls_ecp_group group_;
  mbedtls_sha256_context running_;
};

/// The device's key from a PEM file: the key of its TLS client certificate.
class MbedSigner final : public DeviceSigner {
 public:
  explicit MbedSigner(MbedRandom& random);
  ~MbedSigner();
  MbedSigner(const MbedSigner&) = delete;
  MbedSigner& operator=(const MbedSigner&) = delete;

  /// Reads an unencrypted P-256 key. On failure explain() says what is wrong.
  Status load(const std::string& path);
  /// Takes the 32-byte private scalar, big-endian.
  Status load(Bytes scalar);
  const std::string& explain() const { return explanation_; }

  Result<SignatureBytes> sign(const Digest& digest) override;
  KeyId key_id() override { return key_id_; }
  const PublicKey& public_key() const { return public_key_; }

 private:
  Status fail(const char* reason, int error);
  Status finish();

  MbedRandom& random_;
  mbedtls_ecp_keypair pair_;
  PublicKey public_key_{};
  KeyId key_id_ = 0;
  std::string explanation_;
};

/// Text of an mbedTLS error number.
std::string mbed_error_text(int error);

}  // namespace flotilla::edge
