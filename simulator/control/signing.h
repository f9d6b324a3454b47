#pragma once

#include "controller/ports/signer.h"
#include "schemas/protocol/trust.h"
#include "simulator/engine/digest_engine.h"

namespace flotilla::sim {

/// A key of the controller's side.
class SimSigner final : public controller::Signer {
 public:
  SimSigner(DigestKind kind, std::string_view name, uint64_t number)
      : hasher_(kind), key_(make_key(hasher_, name, number)) {}
  ~SimSigner() = default;

  KeyId key_id() const override { return flotilla::key_id(hasher_, key_); }
  const PublicKey& public_key() const override { return key_; }
  Result<SignatureBytes> sign(const Digest& digest) override {
    return make_signature(hasher_, key_, digest);
  }

 private:
  mutable SimHasher hasher_;
  PublicKey key_;
};

class SimVerifier final : public controller::SignatureVerifier {
 public:
  explicit SimVerifier(DigestKind kind) : hasher_(kind) {}
  ~SimVerifier() = default;
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) const override {
    return is_signature(hasher_, key, digest, signature);
  }

 private:
  mutable SimHasher hasher_;
};

}  // namespace flotilla::sim
