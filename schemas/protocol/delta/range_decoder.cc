#include "schemas/protocol/delta/range_decoder.h"

namespace flotilla::delta {

uint32_t RangeDecoder::direct(unsigned count, uint32_t) {
  uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    range_ >>= 1;
    const bool one = code_ >= range_;
    if (one) code_ -= range_;
    value = value << 1 | (one ? 1 : 0);
    normalize();
  }
  return value;
}

}  // namespace flotilla::delta
