#pragma once

#include <mbedtls/sha256.h>

#include <map>

#include "edge-client/adapters/mbed_crypto.h"

namespace flotilla::sim {

/// Ten thousand devices verify the same signature by the same key over the same bytes: the answer
/// is computed once.
class SignatureMemo {
 public:
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature);
  edge::MbedCrypto& crypto() { return crypto_; }

 private:
  edge::MbedCrypto crypto_;
  std::map<Digest, bool> answers_;  ///< by digest of all three
};

/// The crypto port of one device. Digests are computed for each.
class DeviceCrypto final : public edge::Crypto {
 public:
  explicit DeviceCrypto(SignatureMemo& memo) : memo_(memo) { mbedtls_sha256_init(&running_); }
  ~DeviceCrypto() { mbedtls_sha256_free(&running_); }
  DeviceCrypto(const DeviceCrypto&) = delete;
  DeviceCrypto& operator=(const DeviceCrypto&) = delete;

  Digest sha256(std::initializer_list<Bytes> parts) override {
    return memo_.crypto().sha256(parts);
  }
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override {
    return memo_.verify(key, digest, signature);
  }
  void hash_begin() override;
  void hash_update(Bytes bytes) override;
  Digest hash_end() override;

 private:
  SignatureMemo& memo_;
  mbedtls_sha256_context running_;
};

/// The key of one device. An attestation is signed once, and not again for each report that carries
/// it: signatures are deterministic.
class DeviceSignerKey final : public edge::DeviceSigner {
 public:
  explicit DeviceSignerKey(edge::MbedSigner& key) : key_(key) {}
  ~DeviceSignerKey() = default;

  Result<SignatureBytes> sign(const Digest& digest) override;
  KeyId key_id() override { return key_.key_id(); }

 private:
  edge::MbedSigner& key_;
  Digest signed_;  ///< the last one; none: nothing yet
  SignatureBytes signature_{};
};

}  // namespace flotilla::sim
