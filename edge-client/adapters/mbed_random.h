#pragma once

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>

#include <cstdint>

namespace flotilla::edge {

/// CTR-DRBG seeded by the operating system. Traps when there is no entropy: nothing that needs
/// randomness may run without.
class MbedRandom {
 public:
  MbedRandom();
  ~MbedRandom();
  MbedRandom(const MbedRandom&) = delete;
  MbedRandom& operator=(const MbedRandom&) = delete;

  uint64_t next();
  mbedtls_ctr_drbg_context* context() { return &drbg_; }

 private:
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context drbg_;
};

}  // namespace flotilla::edge
