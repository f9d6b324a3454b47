#include "schemas/protocol/delta/range_decoder.h"

namespace flotilla::delta {

uint32_t RangeDecoder::direct(unsigned count, uint32_t) {
  uint32_t value = 0;
  for (unsigned i = 0; i < count; ++i) {
    range_ >>= 1;
    const uint32_t one = code_ >= range_ ? 1 : 0;
    code_ -= range_ & (0 - one);
    value = value << 1 | one;
    normalize();
  }
  return value;
}

}  // namespace flotilla::delta
