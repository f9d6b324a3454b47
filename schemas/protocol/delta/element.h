#pragma once

#include <bit>
#include <cstdint>

#include "schemas/base/bytes.h"

/// Numbers of a model file as the delta codec sees them: bit patterns of at most 32 bits, and an
/// order on them. Conversions are done on integers; IEEE 754 single precision is used for the sums
/// and products of predictions only, in round-to-nearest-even, never contracted.
namespace flotilla::delta {

enum class Element : uint8_t {
  kInt8 = 0,  ///< also unsigned: residuals wrap
  kInt16 = 1,
  kInt32 = 2,
  kHalf = 3,      ///< IEEE 754 binary16
  kBrain = 4,     ///< bfloat16
  kSingle = 5,    ///< IEEE 754 binary32
  kNone = 6,      ///< as base: there is none
  kUnsigned = 7,  ///< as base or target of a quantised prediction: 8 bits, unsigned
};

inline constexpr unsigned kElementBits = 3;

constexpr bool is_float(Element type) {
  return type == Element::kHalf || type == Element::kBrain || type == Element::kSingle;
}

/// Bytes of an element; 0 for kNone.
constexpr uint32_t size_of(Element type) {
  switch (type) {
    case Element::kInt8:
    case Element::kUnsigned:
      return 1;
    case Element::kInt16:
    case Element::kHalf:
    case Element::kBrain:
      return 2;
    case Element::kInt32:
    case Element::kSingle:
      return 4;
    case Element::kNone:
      return 0;
  }
  return 0;
}

/// Little-endian.
uint32_t load_element(Element type, const uint8_t* in);
void store_element(Element type, uint32_t value, uint8_t* out);

/// Bits of the mantissa field of a float type.
constexpr unsigned mantissa_bits(Element type) {
  return type == Element::kHalf ? 10 : (type == Element::kBrain ? 7 : 23);
}

/// Bit pattern of the single-precision number of the same value; of an integer, its value.
uint32_t to_single(Element type, uint32_t value);
/// Nearest value of a float type, ties to even.
uint32_t from_single(Element type, uint32_t single);

constexpr float as_float(uint32_t bits) {
  return std::bit_cast<float>(bits);
}
constexpr uint32_t as_bits(float value) {
  return std::bit_cast<uint32_t>(value);
}

/// new - old as whole steps: for floats, in the order of their values, -0 before +0.
int64_t steps_between(Element type, uint32_t from, uint32_t to);
/// Inverse; wraps within the type's width.
uint32_t add_steps(Element type, uint32_t from, int64_t steps);

}  // namespace flotilla::delta
