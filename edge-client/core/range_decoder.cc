#include "edge-client/core/range_decoder.h"

namespace flotilla::edge {

RangeDecoder::RangeDecoder(Bytes input) : at_(input.data()), end_(input.data() + input.size()) {
  for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next_byte();
}

void RangeDecoder::normalize() {
  if (range_ >= delta::kNormalizeBelow) return;
  range_ <<= 8;
  code_ = code_ << 8 | next_byte();
}

uint32_t RangeDecoder::bit(uint16_t& probability) {
  constexpr uint32_t kOne = 1u << delta::kProbabilityBits;
  const uint32_t bound = (range_ >> delta::kProbabilityBits) * probability;
  const bool zero = code_ < bound;
  if (zero) {
    range_ = bound;
    probability =
        static_cast<uint16_t>(probability + ((kOne - probability) >> delta::kAdaptationShift));
  } else {
    range_ -= bound;
    code_ -= bound;
    probability = static_cast<uint16_t>(probability - (probability >> delta::kAdaptationShift));
  }
  normalize();
  return zero ? 0 : 1;
}

uint32_t RangeDecoder::tree(uint16_t* probabilities, int bits) {
  uint32_t node = 1;
  for (int i = 0; i < bits; ++i) node = node << 1 | bit(probabilities[node]);
  return node - (1u << bits);
}

uint32_t RangeDecoder::direct(uint32_t bits) {
  uint32_t value = 0;
  for (uint32_t i = 0; i < bits; ++i) {
    range_ >>= 1;
    const bool one = code_ >= range_;
    if (one) code_ -= range_;
    value = value << 1 | (one ? 1 : 0);
    normalize();
  }
  return value;
}

}  // namespace flotilla::edge
