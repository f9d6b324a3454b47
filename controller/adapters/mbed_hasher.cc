#include "controller/adapters/mbed_hasher.h"

#include "schemas/base/assert.h"

namespace flotilla::controller {

Digest MbedHasher::sha256(std::initializer_list<Bytes> parts) {
  Sha256Stream stream;
  for (const Bytes part : parts) stream.append(part);
  return stream.finish();
}

Sha256Stream::Sha256Stream() {
  mbedtls_sha256_init(&context_);
  FLOTILLA_ASSERT(mbedtls_sha256_starts_ret(&context_, 0) == 0);
}

Sha256Stream::~Sha256Stream() {
  mbedtls_sha256_free(&context_);
}

void Sha256Stream::append(Bytes bytes) {
  FLOTILLA_ASSERT(mbedtls_sha256_update_ret(&context_, bytes.data(), bytes.size()) == 0);
}

Digest Sha256Stream::finish() {
  Digest digest;
  FLOTILLA_ASSERT(mbedtls_sha256_finish_ret(&context_, digest.bytes.data()) == 0);
  return digest;
}

}  // namespace flotilla::controller
