#pragma once

#include <array>
#include <cstddef>
#include <cstdint>



namespace flotilla::controller {

/// Prices are kept by the place of a byte in a 32-bit word.
inline constexpr size_t kLanes = 4;

/// Estimated price of a symbol in sixteenths of a bit, by lane. Integers, so that every compiler
/// plans the same delta.
using ByteCosts = std::array<std::array<uint16_t, 256>, kLanes>;

inline constexpr uint32_t kOneBit = 16;

/// Symbols of one kind, counted by lane.
class ByteHistogram {
 public:
  void add(uint64_t output_offset, uint8_t symbol) {
    ++counts_[output_offset % kLanes][symbol];
  }
  uint64_t count() const;
  ByteCosts costs() const;
  /// Sum of all counted symbols at their own costs().
  uint64_t total_cost() const;

 private:
  std::array<std::array<uint32_t, 256>, kLanes> counts_{};
};

}  // namespace flotilla::controller
