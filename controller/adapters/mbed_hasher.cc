#include "controller/adapters/mbed_hasher.h"

#include <mbedtls/sha256.h>

#include "schemas/base/assert.h"

namespace flotilla::controller {

Digest MbedHasher::sha256(std::initializer_list<Bytes> parts) {
  mbedtls_sha256_context context;
  mbedtls_sha256_init(&context);
  FLOTILLA_ASSERT(mbedtls_sha256_starts_ret(&context, 0) == 0);
  for (const Bytes part : parts) {
    FLOTILLA_ASSERT(mbedtls_sha256_update_ret(&context, part.data(), part.size()) == 0);
  }
  Digest digest;
  FLOTILLA_ASSERT(mbedtls_sha256_finish_ret(&context, digest.bytes.data()) == 0);
  mbedtls_sha256_free(&context);
  return digest;
}

}  // namespace flotilla::controller
