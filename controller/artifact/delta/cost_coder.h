#pragma once

#include <cstdint>

#include "schemas/protocol/delta/adaptive_bit.h"

namespace flotilla::controller {

/// A Coder that writes nothing and adds up what the bits would cost.
class CostCoder {
 public:
  bool bit(uint32_t zero, bool value) {
    const uint32_t p = value ? 65536 - zero : zero;
    cost_ += static_cast<uint64_t>(16 * 256 - delta::log2_of(p));
    return value;
  }
  uint32_t direct(unsigned count, uint32_t value) {
    cost_ += 256 * uint64_t{count};
    return count >= 32 ? value : value & ((1u << count) - 1);
  }

  double bytes() const { return static_cast<double>(cost_) / (256 * 8); }

 private:
  uint64_t cost_ = 0;  ///< 1 / 256 bit
};

}  // namespace flotilla::controller
