#pragma once

#include <initializer_list>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"

namespace flotilla {

/// SHA-256 (FIPS 180-4) as a port: the protocol's rules need it, its code lives in an adapter.
class Hasher {
 public:
  /// Digest of the concatenation of `parts`.
  virtual Digest sha256(std::initializer_list<Bytes> parts) = 0;

 protected:
  ~Hasher() = default;
};

}  // namespace flotilla
