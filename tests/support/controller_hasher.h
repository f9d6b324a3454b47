#pragma once

#include <mbedtls/sha256.h>

#include "schemas/protocol/hasher.h"

namespace flotilla::testing {

/// SHA-256 for tests of code that takes the port.
class TestHasher final : public Hasher {
 public:
  Digest sha256(std::initializer_list<Bytes> parts) override {
    mbedtls_sha256_context context;
    mbedtls_sha256_init(&context);
    mbedtls_sha256_starts_ret(&context, 0);
    for (Bytes part : parts) mbedtls_sha256_update_ret(&context, part.data(), part.size());
    Digest out;
    mbedtls_sha256_finish_ret(&context, out.bytes.data());
    mbedtls_sha256_free(&context);
    return out;
  }

  Digest of(std::string_view text) { return sha256({as_bytes(text)}); }
};

}  // namespace flotilla::testing
