#pragma once

#include "schemas/base/bytes.h"

namespace flotilla::delta {

/// Binary range decoder (the coder of LZMA: I. Pavlov, LZMA SDK, "LZMA specification", with 16-bit
/// probabilities that live elsewhere). Reads zeros past the end, so it cannot fail; the caller
/// bounds what it decodes and asks exhausted() at the end.
class RangeDecoder {
 public:
  explicit RangeDecoder(Bytes input) : at_(input.data()), end_(input.data() + input.size()) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next_byte();
  }

  /// A bit that is zero with probability `zero` / 65536. The second argument is the encoder's.
  bool bit(uint32_t zero, bool = false) {
    const uint32_t bound = (range_ >> 16) * zero;
    const bool one = code_ >= bound;
    const uint32_t mask = one ? UINT32_MAX : 0;  // a branch would often be mispredicted
    code_ -= bound & mask;
    range_ = bound + ((range_ - bound - bound) & mask);
    normalize();
    return one;
  }

  /// `count` (at most 32) equiprobable bits, high first.
  uint32_t direct(unsigned count, uint32_t = 0);
  /// All input was used.
  bool exhausted() const { return at_ == end_; }
  /// Bytes that are still to be read.
  size_t left() const { return static_cast<size_t>(end_ - at_); }
  /// The interval that the next bits divide: with left(), how much of the input is spent.
  uint32_t range() const { return range_; }

 private:
  /// A likelihood of 16 / 65536 shrinks the range by up to 12 bits: two rounds may be needed.
  void normalize() {
    while (range_ < (1u << 24)) {
      range_ <<= 8;
      code_ = code_ << 8 | next_byte();
    }
  }
  uint8_t next_byte() { return at_ == end_ ? 0 : *at_++; }

  const uint8_t* at_;
  const uint8_t* end_;
  uint32_t range_ = UINT32_MAX;
  uint32_t code_ = 0;
};

}  // namespace flotilla::delta
