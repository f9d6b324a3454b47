#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// Cryptography as the core needs it. Implementations may block for milliseconds (ECDSA), never
/// for I/O.
class Crypto : public Hasher {
 public:
  /// ECDSA P-256 over an already computed SHA-256. False for any defect, also of the key.
  virtual bool verify(const PublicKey& key, const Digest& digest, Bytes signature) = 0;

  /// One running SHA-256, for data that passes in pieces. hash_begin() forgets an unfinished one.
  virtual void hash_begin() = 0;
  virtual void hash_update(Bytes bytes) = 0;
  virtual Digest hash_end() = 0;

 protected:
  ~Crypto() = default;
};

}  // namespace flotilla::edge
