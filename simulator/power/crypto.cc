#include "simulator/power/crypto.h"

#include <stdexcept>

namespace flotilla::edge::test {

Digest FakeCrypto::sha256(std::initializer_list<Bytes> parts) {
  mbedtls_sha256_context context;
  mbedtls_sha256_init(&context);
  mbedtls_sha256_starts_ret(&context, 0);
  for (Bytes part : parts) mbedtls_sha256_update_ret(&context, part.data(), part.size());
  Digest digest;
  mbedtls_sha256_finish_ret(&context, digest.bytes.data());
  mbedtls_sha256_free(&context);
  return digest;
}

SignatureBytes FakeCrypto::sign(const PublicKey& key, const Digest& digest) {
  const Digest half = sha256({as_bytes("signature"), key, digest.view()});
  SignatureBytes out;
  copy(half.view(), MutableBytes(out).first(32));
  copy(half.view(), MutableBytes(out).last(32));
  return out;
}

bool FakeCrypto::verify(const PublicKey& key, const Digest& digest, Bytes signature) {
  ++verifications;
  return equal(sign(key, digest), signature);
}

void FakeCrypto::hash_begin() {
  mbedtls_sha256_init(&running_);
  mbedtls_sha256_starts_ret(&running_, 0);
  hashing_ = true;
}

void FakeCrypto::hash_update(Bytes bytes) {
  if (!hashing_) throw std::logic_error("hash_update without hash_begin");
  mbedtls_sha256_update_ret(&running_, bytes.data(), bytes.size());
}

Digest FakeCrypto::hash_end() {
  if (!hashing_) throw std::logic_error("hash_end without hash_begin");
  hashing_ = false;
  Digest digest;
  mbedtls_sha256_finish_ret(&running_, digest.bytes.data());
  return digest;
}

}  // namespace flotilla::edge::test
