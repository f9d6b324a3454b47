#include "controller/artifact/delta/grid_fit.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace flotilla::controller {
namespace {

using delta::Element;

/// Zero bits at the end of a mantissa, in the mean: numbers that were not rounded have one.
constexpr double kUsefulZeros = 1.5;
constexpr int32_t kIndexBits = 21;  ///< of a number before it is rounded, perhaps up
constexpr int32_t kNoExponent = delta::kMaxGrid + 1;

/// Zero bits at the end of a number's mantissa; `single` is not 0.
uint32_t trailing_zeros(uint32_t single, Element element) {
  const bool is_normal = (single & 0x7F800000) != 0;
  const uint32_t mantissa = (single & 0x7FFFFF) | (is_normal ? 0x800000 : 0);
  return static_cast<uint32_t>(std::countr_zero(mantissa)) - (23 - delta::mantissa_bits(element));
}

/// Exponent of a number's lowest bit that is set.
int32_t lowest_exponent(uint32_t single) {
  const uint32_t field = single >> 23 & 255;
  const uint32_t mantissa = (single & 0x7FFFFF) | (field == 0 ? 0 : 0x800000);
  return static_cast<int32_t>(std::max<uint32_t>(field, 1)) - 150 + std::countr_zero(mantissa);
}

struct Row {
  int32_t exponent = kNoExponent;
  uint32_t largest = 0;  ///< pattern without sign
  bool has_minus_zero = false;

  void add(uint32_t single) {
    has_minus_zero = has_minus_zero || single == 0x80000000;
    if ((single & 0x7FFFFFFF) == 0) return;
    exponent = std::min(exponent, lowest_exponent(single));
    largest = std::max(largest, single & 0x7FFFFFFF);
  }
  int32_t grid() const { return exponent == kNoExponent ? 0 : exponent; }
  bool fits() const {
    if (has_minus_zero) return false;  // which no grid has
    if (largest == 0) return true;
    if (!std::isfinite(delta::as_float(largest)) || exponent < -delta::kMaxGrid) return false;
    return exponent >= finest_exponent(delta::as_float(largest)) - 1 && exponent <= delta::kMaxGrid;
  }
};

}  // namespace

std::shared_ptr<const Grids> find_grids(Bytes data, Element element, uint64_t row_length) {
  auto grids = std::make_shared<Grids>();
  const uint64_t width = size_of(element);
  const uint64_t count = data.size() / width;
  uint64_t zeros = 0;
  uint64_t counted = 0;
  for (uint64_t begin = 0; begin < count; begin += row_length) {
    Row row;
    for (uint64_t i = begin; i < std::min(begin + row_length, count); ++i) {
      const uint32_t single =
          to_single(element, delta::load_element(element, data.data() + i * width));
      row.add(single);
      if ((single & 0x7FFFFFFF) == 0) continue;
      zeros += trailing_zeros(single, element);
      ++counted;
    }
    if (!row.fits()) return nullptr;
    grids->push_back(static_cast<int16_t>(row.grid()));
  }
  const double useful = kUsefulZeros * static_cast<double>(counted);
  return static_cast<double>(zeros) >= useful ? grids : nullptr;
}

int32_t finest_exponent(float largest) {
  return std::max(std::ilogb(largest) - kIndexBits + 1, -delta::kMaxGrid);
}

}  // namespace flotilla::controller
