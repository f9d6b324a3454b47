#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>

#include "schemas/base/status.h"

namespace flotilla::controller {

/// The system's randomness through mbedTLS's CTR-DRBG, in the shape its functions take. Not for
/// several threads at once.
class MbedRandom {
 public:
  MbedRandom();
  ~MbedRandom();
  MbedRandom(const MbedRandom&) = delete;
  MbedRandom& operator=(const MbedRandom&) = delete;

  /// Gathers entropy; call once before use.
  Status seed();
  /// mbedTLS callback; `self` is this object.
  static int fill(void* self, unsigned char* out, size_t size);

 private:
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context drbg_;
};

}  // namespace flotilla::controller
