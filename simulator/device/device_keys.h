#pragma once

#include "edge-client/ports/crypto.h"
#include "edge-client/ports/device_signer.h"
#include "schemas/protocol/trust.h"
#include "simulator/engine/digest_engine.h"

namespace flotilla::sim {

/// The crypto port of one device.
class DeviceCrypto final : public edge::Crypto {
 public:
  explicit DeviceCrypto(DigestKind kind) : hasher_(kind), running_(kind) {}
  ~DeviceCrypto() = default;

  Digest sha256(std::initializer_list<Bytes> parts) override { return hasher_.sha256(parts); }
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override {
    return is_signature(hasher_, key, digest, signature);
  }
  void hash_begin() override { running_ = RunningDigest(hasher_.kind()); }
  void hash_update(Bytes bytes) override { running_.update(bytes); }
  Digest hash_end() override { return running_.end(); }

 private:
  SimHasher hasher_;
  RunningDigest running_;
};

class DeviceSignerKey final : public edge::DeviceSigner {
 public:
  DeviceSignerKey(DigestKind kind, uint32_t device)
      : hasher_(kind), key_(make_key(hasher_, "device", device)) {}
  ~DeviceSignerKey() = default;

  const PublicKey& public_key() const { return key_; }
  Result<SignatureBytes> sign(const Digest& digest) override {
    return make_signature(hasher_, key_, digest);
  }
  KeyId key_id() override { return flotilla::key_id(hasher_, key_); }

 private:
  SimHasher hasher_;
  PublicKey key_;
};

}  // namespace flotilla::sim
