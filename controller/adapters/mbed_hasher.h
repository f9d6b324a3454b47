#pragma once

#include <mbedtls/sha256.h>

#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// SHA-256 by mbedTLS. Without state: usable from several threads.
class MbedHasher final : public Hasher {
 public:
  Digest sha256(std::initializer_list<Bytes> parts) override;
};

/// SHA-256 of bytes that arrive piece by piece.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void append(Bytes bytes);
  /// Once, at the end.
  Digest finish();

 private:
  mbedtls_sha256_context context_;
};

}  // namespace flotilla::controller
