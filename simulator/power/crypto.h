#pragma once

#include <mbedtls/sha256.h>

#include <vector>

#include "edge-client/ports/crypto.h"

namespace flotilla::edge::test {

/// Real SHA-256, and signatures that anybody who knows the public key can make: the tests are about
/// which signatures are asked for, not about elliptic curves.
class FakeCrypto final : public Crypto {
 public:
  ~FakeCrypto() = default;
  Digest sha256(std::initializer_list<Bytes> parts) override;
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override;
  void hash_begin() override;
  void hash_update(Bytes bytes) override;
  Digest hash_end() override;

  SignatureBytes sign(const PublicKey& key, const Digest& digest);
  Digest digest_of(Bytes bytes) { return sha256({bytes}); }

  uint32_t verifications = 0;

 private:
  mbedtls_sha256_context running_{};
  bool hashing_ = false;
};

}  // namespace flotilla::edge::test
