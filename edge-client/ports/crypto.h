#pragma once

#include <cstdint>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/protocol/verifier.h"

namespace flotilla::edge {

/// Cryptography as the core needs it. Implementations may block for milliseconds (ECDSA), never
/// for I/O.
class Crypto : public Verifier {
 public:
  /// One running SHA-256, for data that passes in pieces. hash_begin() forgets an unfinished one.
  virtual void hash_begin() = 0;
  virtual void hash_update(Bytes bytes) = 0;
  virtual Digest hash_end() = 0;

 protected:
  ~Crypto() = default;
};

}  // namespace flotilla::edge
