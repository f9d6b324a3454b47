#include "simulator/load/swarm/device_crypto.h"

namespace flotilla::sim {
namespace {

constexpr size_t kMaxAnswers = 4096;

}  // namespace

bool SignatureMemo::verify(const PublicKey& key, const Digest& digest, Bytes signature) {
  const Digest question = crypto_.sha256({key, digest.view(), signature});
  const auto known = answers_.find(question);
  if (known != answers_.end()) return known->second;
  if (answers_.size() >= kMaxAnswers) answers_.clear();
  return answers_[question] = crypto_.verify(key, digest, signature);
}

Result<SignatureBytes> DeviceSignerKey::sign(const Digest& digest) {
  if (signed_ == digest) return signature_;
  const Result<SignatureBytes> fresh = key_.sign(digest);
  FLOTILLA_TRY(fresh.status());
  signed_ = digest;
  signature_ = fresh.value();
  return fresh;
}

void DeviceCrypto::hash_begin() {
  FLOTILLA_ASSERT(mbedtls_sha256_starts_ret(&running_, 0) == 0);
}

void DeviceCrypto::hash_update(Bytes bytes) {
  FLOTILLA_ASSERT(mbedtls_sha256_update_ret(&running_, bytes.data(), bytes.size()) == 0);
}

Digest DeviceCrypto::hash_end() {
  Digest digest;
  FLOTILLA_ASSERT(mbedtls_sha256_finish_ret(&running_, digest.bytes.data()) == 0);
  return digest;
}

}  // namespace flotilla::sim
