#include "controller/artifact/delta/byte_costs.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <numeric>

namespace flotilla::controller {
namespace {

constexpr int kFractionBits = 4;
static_assert(kOneBit == 1u << kFractionBits);

/// Eight decisions at the coder's most certain probability, 2017 / 2048.
constexpr uint32_t kCheapestSymbol = 3;

/// log2(x) with kFractionBits fractional bits, by repeated squaring; x >= 1.
uint32_t fixed_log2(uint64_t x) {
  const unsigned whole = static_cast<unsigned>(std::bit_width(x)) - 1;
  uint64_t mantissa = whole <= 31 ? x << (31 - whole) : x >> (whole - 31);  // [2^31, 2^32)
  uint32_t result = whole;
  for (int i = 0; i < kFractionBits; ++i) {
    mantissa = (mantissa * mantissa) >> 31;
    const uint32_t bit = static_cast<uint32_t>(mantissa >> 32);
    mantissa >>= bit;
    result = 2 * result + bit;
  }
  return result;
}

}  // namespace

uint64_t ByteHistogram::count() const {
  uint64_t total = 0;
  for (const auto& lane : counts_) total = std::accumulate(lane.begin(), lane.end(), total);
  return total;
}

ByteCosts ByteHistogram::costs() const {
  ByteCosts result;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    uint64_t total = 0;
    for (const uint32_t count : counts_[lane]) total += count;
    const uint32_t whole = fixed_log2(4 * total + 256);  // a quarter of a count for each symbol
    for (size_t symbol = 0; symbol < 256; ++symbol) {
      const uint32_t price = whole - fixed_log2(4 * uint64_t{counts_[lane][symbol]} + 1);
      result[lane][symbol] = static_cast<uint16_t>(std::max(price, kCheapestSymbol));
    }
  }
  return result;
}

uint64_t ByteHistogram::total_cost() const {
  const ByteCosts prices = costs();
  uint64_t sum = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    for (size_t symbol = 0; symbol < 256; ++symbol) {
      sum += uint64_t{counts_[lane][symbol]} * prices[lane][symbol];
    }
  }
  return sum;
}

}  // namespace flotilla::controller
