#pragma once

#include "schemas/base/digest.h"
#include "schemas/base/status.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// The device's own key. It never leaves the adapter, which may be a secure element.
class DeviceSigner {
 public:
  /// ECDSA P-256 over an already computed SHA-256, deterministic (RFC 6979): the same digest gives
  /// the same bytes. May block for milliseconds.
  virtual Result<SignatureBytes> sign(const Digest& digest) = 0;
  virtual KeyId key_id() = 0;

 protected:
  ~DeviceSigner() = default;
};

}  // namespace flotilla::edge
