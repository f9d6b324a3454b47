#include "controller/adapters/mbed_random.h"

namespace flotilla::controller {

MbedRandom::MbedRandom() {
  mbedtls_entropy_init(&entropy_);
  mbedtls_ctr_drbg_init(&drbg_);
}

MbedRandom::~MbedRandom() {
  mbedtls_ctr_drbg_free(&drbg_);
  mbedtls_entropy_free(&entropy_);
}

Status MbedRandom::seed() {
  const int result = mbedtls_ctr_drbg_seed(&drbg_, mbedtls_entropy_func, &entropy_, nullptr, 0);
  if (result != 0) return {Code::kUnavailable, "the system gives no randomness"};
  return ok_status();
}

int MbedRandom::fill(void* self, unsigned char* out, size_t size) {
  return mbedtls_ctr_drbg_random(&static_cast<MbedRandom*>(self)->drbg_, out, size);
}

}  // namespace flotilla::controller
