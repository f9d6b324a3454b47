#pragma once

#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// SHA-256 by mbedTLS. Without state: usable from several threads.
class MbedHasher final : public Hasher {
 public:
  Digest sha256(std::initializer_list<Bytes> parts) override;
};

}  // namespace flotilla::controller
