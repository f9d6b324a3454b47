#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "schemas/base/prng.h"

namespace flotilla::bench {

/// A draw from a distribution with mean 0 and variance 1 that every machine computes alike: the sum
/// of twelve uniform 32-bit numbers less its mean (Irwin-Hall). Normal but for its tails, which end
/// at six standard deviations; no logarithm or cosine, whose last bit depends on the library.
inline double gaussian(Prng& prng) {
  int64_t sum = 0;
  for (int i = 0; i < 12; ++i) sum += static_cast<int64_t>(prng.next() >> 32);
  return static_cast<double>(sum - 6 * (int64_t{1} << 32)) * 0x1p-32;
}

inline float float_from_half(uint16_t half) {
  const uint32_t magnitude = half & 0x7FFFu;
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  if (magnitude < 0x400u) {
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return sign ? -value : value;
  }
  const uint32_t rebiased = magnitude >= 0x7C00u ? 0x70000000u : 0x38000000u;
  return std::bit_cast<float>(sign | ((magnitude << 13) + rebiased));
}

/// Round to nearest, ties to even.
inline uint16_t half_from_float(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  const uint32_t sign = (bits >> 16) & 0x8000u;
  uint32_t half = 0;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u;
  } else if (magnitude >= 0x477FF000u) {
    half = 0x7C00u;
  } else if (magnitude < 0x38800000u) {
    half = static_cast<uint32_t>(std::nearbyint(std::abs(double{value}) * 0x1p24));
  } else {
    half = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
  }
  return static_cast<uint16_t>(sign | half);
}

/// Round to nearest, ties to even; the value is finite.
inline uint16_t bfloat_from_float(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace flotilla::bench
