#pragma once

#include <cmath>

#include "schemas/base/bytes.h"

namespace flotilla::controller {

/// Inverse of RangeEncoder; may stand where the templates of schemas/protocol/delta want a Coder.
/// Reads zeros past the end, so it cannot fail; the caller asks exhausted() at the end.
class RangeDecoder {
 public:
  explicit RangeDecoder(Bytes input) : input_(input) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | take();
  }

  /// A bit that is zero with probability `zero` / 65536. The second argument is the encoder's.
  bool bit(uint32_t zero, bool = false) {
    const uint32_t bound = (range_ >> 16) * zero;
    const bool one = code_ >= bound;
    code_ -= one ? bound : 0;
    range_ = one ? range_ - bound : bound;
    normalize();
    return one;
  }

  /// `count` (at most 32) equiprobable bits, high first.
  uint32_t direct(unsigned count, uint32_t = 0) {
    uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      range_ >>= 1;
      const bool one = code_ >= range_;
      code_ -= one ? range_ : 0;
      value = value << 1 | (one ? 1 : 0);
      normalize();
    }
    return value;
  }

  bool exhausted() const { return used_ >= input_.size(); }
  /// Bits of input that everything decoded so far took, but for a constant.
  double bits_used() const { return 8.0 * static_cast<double>(taken_) - std::log2(range_); }

 private:
  uint32_t take() {
    ++taken_;
    return used_ < input_.size() ? input_[used_++] : 0u;
  }
  void normalize() {
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      code_ = code_ << 8 | take();
    }
  }

  Bytes input_;
  size_t used_ = 0;
  size_t taken_ = 0;  ///< the zeros behind the end, too
  uint32_t range_ = UINT32_MAX;
  uint32_t code_ = 0;
};

}  // namespace flotilla::controller
