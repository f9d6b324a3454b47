#include "schemas/protocol/delta/element.h"

#include <bit>
#include <limits>

namespace flotilla::delta {
namespace {

static_assert(std::numeric_limits<float>::is_iec559, "predictions need IEEE 754 single precision");

constexpr uint32_t kSingleSign = 0x80000000u;
constexpr uint32_t kSingleInfinity = 0x7F800000u;

constexpr unsigned width_of(Element type) {
  return 8 * size_of(type);
}

constexpr uint32_t mask_of(Element type) {
  return type == Element::kInt32 || type == Element::kSingle ? UINT32_MAX
                                                             : (1u << width_of(type)) - 1;
}

/// Signed integers of narrow types, extended.
int32_t extend(Element type, uint32_t value) {
  if (type == Element::kUnsigned) return static_cast<int32_t>(value & 0xFF);
  const unsigned shift = 32 - width_of(type);
  return static_cast<int32_t>(value << shift) >> shift;
}

uint32_t half_to_single(uint32_t half) {
  const uint32_t sign = (half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31;
  const uint32_t mantissa = half & 1023;
  if (exponent == 31) return sign | kSingleInfinity | mantissa << 13;
  if (exponent != 0) return sign | (exponent + 112) << 23 | mantissa << 13;
  if (mantissa == 0) return sign;
  const uint32_t top = static_cast<uint32_t>(std::bit_width(mantissa)) - 1;
  return sign | (top + 103) << 23 | (mantissa << (23 - top) & 0x7FFFFF);
}

/// value / 2^shift, nearest, ties to even; 0 < shift < 32.
uint32_t shift_rounded(uint32_t value, uint32_t shift) {
  const uint32_t low = value & ((1u << shift) - 1);
  const uint32_t half = 1u << (shift - 1);
  const uint32_t high = value >> shift;
  return high + (low > half || (low == half && (high & 1) != 0) ? 1 : 0);
}

uint32_t single_to_half(uint32_t single) {
  const uint32_t sign = single >> 16 & 0x8000;
  const uint32_t size = single & ~kSingleSign;
  if (size > kSingleInfinity) return sign | 0x7E00;
  const uint32_t exponent = size >> 23;
  if (exponent >= 143) return sign | 0x7C00;
  if (exponent <= 101) return sign;
  const uint32_t mantissa = (size & 0x7FFFFF) | 0x800000;
  if (exponent <= 112) return sign | shift_rounded(mantissa, 126 - exponent);
  return sign | (shift_rounded(size, 13) - (112u << 10));
}

uint32_t single_to_brain(uint32_t single) {
  if ((single & ~kSingleSign) > kSingleInfinity) return single >> 16 | 0x40;
  // Rounding up the largest finite number gives infinity, as it should.
  return shift_rounded(single & ~kSingleSign, 16) | (single >> 16 & 0x8000);
}

/// Position of a float among all of its type: -0 is half, +0 the next.
uint32_t order_of(Element type, uint32_t value) {
  const uint32_t sign = 1u << (width_of(type) - 1);
  return (value & sign) != 0 ? ~value & mask_of(type) : value | sign;
}

}  // namespace

uint32_t load_element(Element type, const uint8_t* in) {
  switch (size_of(type)) {
    case 1:
      return in[0];
    case 2:
      return load_u16_le(in);
    case 4:
      return load_u32_le(in);
    default:
      return 0;
  }
}

void store_element(Element type, uint32_t value, uint8_t* out) {
  const uint32_t size = size_of(type);
  if (size == 4) return store_u32_le(out, value);
  out[0] = static_cast<uint8_t>(value);
  if (size == 2) out[1] = static_cast<uint8_t>(value >> 8);
}

uint32_t to_single(Element type, uint32_t value) {
  if (type == Element::kHalf) return half_to_single(value);
  if (type == Element::kBrain) return value << 16;
  if (type == Element::kSingle) return value;
  if (type == Element::kNone) return 0;
  return as_bits(static_cast<float>(extend(type, value)));
}

uint32_t from_single(Element type, uint32_t single) {
  if (type == Element::kHalf) return single_to_half(single);
  if (type == Element::kBrain) return single_to_brain(single);
  return single;
}

int64_t steps_between(Element type, uint32_t from, uint32_t to) {
  if (!is_float(type)) return extend(type == Element::kUnsigned ? Element::kInt8 : type, to - from);
  return int64_t{order_of(type, to)} - int64_t{order_of(type, from)};
}

uint32_t add_steps(Element type, uint32_t from, int64_t steps) {
  const uint32_t moved = static_cast<uint32_t>(steps);
  if (!is_float(type)) return (from + moved) & mask_of(type);
  const uint32_t order = (order_of(type, from) + moved) & mask_of(type);
  const uint32_t sign = 1u << (width_of(type) - 1);
  return (order & sign) != 0 ? order & ~sign : ~order & mask_of(type);
}

}  // namespace flotilla::delta
