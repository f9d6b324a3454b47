#include "edge-client/adapters/mbed_random.h"

#include <array>
#include <string_view>

#include "schemas/base/assert.h"
#include "schemas/base/bytes.h"

namespace flotilla::edge {

MbedRandom::MbedRandom() {
  constexpr std::string_view kPersonal = "flotilla-edge";
  mbedtls_entropy_init(&entropy_);
  mbedtls_ctr_drbg_init(&drbg_);
  FLOTILLA_ASSERT(mbedtls_ctr_drbg_seed(&drbg_, mbedtls_entropy_func, &entropy_,
                                        as_bytes(kPersonal).data(), kPersonal.size()) == 0);
}

MbedRandom::~MbedRandom() {
  mbedtls_ctr_drbg_free(&drbg_);
  mbedtls_entropy_free(&entropy_);
}

uint64_t MbedRandom::next() {
  std::array<uint8_t, 8> bytes{};
  FLOTILLA_ASSERT(mbedtls_ctr_drbg_random(&drbg_, bytes.data(), bytes.size()) == 0);
  return load_u64_le(bytes.data());
}

}  // namespace flotilla::edge
