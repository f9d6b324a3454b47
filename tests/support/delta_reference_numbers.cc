#include "tests/support/delta_reference_numbers.h"

#include <cmath>
#include <cstring>

#include "tests/support/delta_reference.h"
#include "tests/support/delta_reference_coder.h"

namespace flotilla::testing {
namespace {

uint32_t mask(uint32_t type) {
  return static_cast<uint32_t>((uint64_t{1} << (8 * size_of_type(type))) - 1);
}
uint32_t sign_bit(uint32_t type) {
  return 1u << (8 * size_of_type(type) - 1);
}
int64_t as_signed(uint32_t type, uint32_t value) {
  value &= mask(type);
  return (value & sign_bit(type)) != 0 ? int64_t{value} - int64_t{mask(type)} - 1 : int64_t{value};
}
int64_t order(uint32_t type, uint32_t value) {
  value &= mask(type);
  return (value & sign_bit(type)) != 0 ? mask(type) - value : value + sign_bit(type);
}

/// Nearest number with `mantissa` bits whose smallest normal exponent is `lowest`.
uint32_t round_to(uint32_t pattern, int mantissa, int lowest, uint32_t infinity) {
  const uint32_t sign = (pattern >> 31) * (infinity + (1u << mantissa));
  const double size = std::fabs(double{as_single(pattern)});
  if (std::isnan(size)) return sign + infinity + (1u << (mantissa - 1));
  if (std::isinf(size)) return sign + infinity;
  if (size == 0) return sign;
  const int exponent = std::max(std::ilogb(size), lowest);
  const double ulps = std::nearbyint(std::ldexp(size, mantissa - exponent));
  const double all = std::ldexp(exponent - lowest, mantissa) + ulps;
  return sign + (all >= infinity ? infinity : static_cast<uint32_t>(all));
}

int32_t exponent_of(float z) {
  return exponent_field(pattern_of(z)) - 127;
}

bool finite(uint32_t pattern) {
  return exponent_field(pattern) != 255;
}

SpecGuess quantised(const SpecTerms& terms, uint32_t factor, uint32_t x) {
  volatile float y = as_single(x) - as_single(terms.offset);
  y = y / as_single(factor);
  if (!std::isfinite(y)) y = 0;
  if (y < -65536) y = -65536;
  if (y > 65536) y = 65536;
  volatile float rounded = y + 12582912.0f;
  rounded = rounded - 12582912.0f;
  const float off = y - rounded;
  const float near = 0.5f - std::fabs(off);
  const int64_t low = terms.target == kTUnsigned ? 0 : -128;
  const int64_t whole = static_cast<int64_t>(rounded) + terms.zero;
  SpecGuess guess;
  guess.value = static_cast<uint32_t>(limit(whole, low, low + 255)) & 255;
  const float size = std::fabs(y) > 1 ? std::fabs(y) : 1.0f;
  guess.margin = static_cast<int32_t>(limit(exponent_of(near) + 14, 0, 15));
  guess.relative_margin =
      static_cast<int32_t>(limit(exponent_of(near) - exponent_of(size) + 14, 0, 15));
  guess.up = off > 0;
  return guess;
}

}  // namespace

int size_of_type(uint32_t type) {
  const int sizes[8] = {1, 2, 4, 2, 2, 4, 0, 1};
  return sizes[type];
}
int mantissa_of_type(uint32_t type) {
  return type == kTHalf ? 10 : (type == kTBrain ? 7 : 23);
}
bool is_float_type(uint32_t type) {
  return type == kTHalf || type == kTBrain || type == kTSingle;
}
float as_single(uint32_t pattern) {
  float value = 0;
  std::memcpy(&value, &pattern, 4);
  return value;
}
uint32_t pattern_of(float single) {
  uint32_t pattern = 0;
  std::memcpy(&pattern, &single, 4);
  return pattern;
}
int32_t exponent_field(uint32_t pattern) {
  return static_cast<int32_t>(pattern >> 23 & 255);
}

uint32_t reference_half_to_single(uint32_t half) {
  const uint32_t sign = (half >> 15) << 31;
  const int exponent = static_cast<int>(half >> 10 & 31);
  const uint32_t fraction = half & 1023;
  if (exponent == 31) return sign | 0x7F800000 | fraction << 13;
  const double size =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return sign | pattern_of(static_cast<float>(size));
}
uint32_t reference_single_to_half(uint32_t single) {
  return round_to(single, 10, -14, 0x7C00);
}
uint32_t reference_single_to_brain(uint32_t single) {
  return round_to(single, 7, -126, 0x7F80);
}

uint32_t spec_to_single(uint32_t type, uint32_t value) {
  if (type == kTHalf) return reference_half_to_single(value);
  if (type == kTBrain) return value << 16;
  if (type == kTSingle) return value;
  if (type == kTNone) return 0;
  if (type == kTUnsigned) return pattern_of(static_cast<float>(value));
  return pattern_of(static_cast<float>(as_signed(type, value)));
}
uint32_t spec_from_single(uint32_t type, uint32_t pattern) {
  if (type == kTHalf) return reference_single_to_half(pattern);
  if (type == kTBrain) return reference_single_to_brain(pattern);
  return pattern;
}

uint32_t spec_add_steps(uint32_t type, uint32_t value, int64_t steps) {
  if (!is_float_type(type)) return static_cast<uint32_t>(int64_t{value} + steps) & mask(type);
  const uint32_t at = static_cast<uint32_t>(order(type, value) + steps) & mask(type);
  return (at & sign_bit(type)) != 0 ? at - sign_bit(type) : mask(type) - at;
}
int64_t spec_steps(uint32_t type, uint32_t from, uint32_t to) {
  if (is_float_type(type)) return order(type, to) - order(type, from);
  return as_signed(type, to - from);
}

SpecGuess spec_predict(const SpecTerms& terms, uint32_t factor, uint32_t old) {
  SpecGuess guess;
  const bool quantises = terms.predictor == 4 || terms.predictor == 5;
  if (!is_float_type(terms.target) && !quantises) {
    guess.value = old & mask(terms.target);
    return guess;
  }
  uint32_t x = spec_to_single(terms.base, old & mask(terms.base));
  if (!finite(x)) x = 0;
  if (quantises) return quantised(terms, factor, x);
  if (terms.predictor >= 1 && terms.predictor <= 3)
    x = pattern_of(as_single(x) * as_single(factor));
  if (terms.predictor == 6 && x % 0x80000000 < factor % 0x80000000) x = 0;
  guess.value = spec_from_single(terms.target, finite(x) ? x : 0);
  guess.guess = spec_to_single(terms.target, guess.value);
  if (!finite(guess.guess)) guess.value = guess.guess = 0;
  return guess;
}

SpecGuess spec_on_grid(const SpecGuess& guess, int32_t g) {
  double y = std::ldexp(double{as_single(guess.guess)}, -static_cast<int>(limit(g, -100, 100)));
  y = std::min(std::max(y, -4194304.0), 4194304.0);
  // In singles: what is nearer to zero than a subnormal number is zero.
  const double single = double{static_cast<float>(y)};
  const double index = std::nearbyint(single);
  SpecGuess on;
  on.value = static_cast<uint32_t>(static_cast<int64_t>(index));
  on.guess = single < index ? 0x80000000u : 0;
  return on;
}

uint32_t spec_from_grid(uint32_t type, uint32_t index, int32_t g) {
  const float whole = static_cast<float>(as_signed(kTInt32, index));
  const double all = std::ldexp(double{whole}, static_cast<int>(limit(g, -100, 100)));
  return spec_from_single(type, pattern_of(static_cast<float>(all)));
}

}  // namespace flotilla::testing
