#pragma once

#include <mbedtls/sha256.h>

#include <array>
#include <cstdint>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::sim {

/// How the simulated world computes digests and signatures.
enum class DigestKind : uint8_t {
  kFast,    ///< 256 bits of a quick mixing function: nobody in the simulation looks for collisions
  kSha256,  ///< the real one
};

/// A running digest of one of the kinds.
class RunningDigest {
 public:
  explicit RunningDigest(DigestKind kind) : kind_(kind) { begin(); }

  void begin();
  void update(Bytes bytes);
  Digest end();

 private:
  static constexpr size_t kBlock = 32;
  void block(const uint8_t* bytes);

  DigestKind kind_;
  mbedtls_sha256_context sha_{};
  std::array<uint64_t, 4> lanes_{};
  std::array<uint8_t, kBlock> pending_{};
  size_t pending_size_ = 0;
  uint64_t size_ = 0;
};

class SimHasher final : public Hasher {
 public:
  explicit SimHasher(DigestKind kind) : kind_(kind) {}
  Digest sha256(std::initializer_list<Bytes> parts) override;
  DigestKind kind() const { return kind_; }

 private:
  DigestKind kind_;
};

/// A signature that anybody who knows the public key can make and nobody makes by accident: the
/// order in which trust is checked is the product's, elliptic curves are another test's business.
SignatureBytes make_signature(Hasher& hasher, const PublicKey& key, const Digest& digest);
bool is_signature(Hasher& hasher, const PublicKey& key, const Digest& digest, Bytes signature);
/// Stands for a key pair; `name` and `number` tell keys apart.
PublicKey make_key(Hasher& hasher, std::string_view name, uint64_t number);

}  // namespace flotilla::sim
