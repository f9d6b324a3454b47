#pragma once

#include "schemas/base/bytes.h"
#include "schemas/protocol/delta_stream.h"

namespace flotilla::edge {

/// Binary adaptive range decoder of codec 1 (the LZMA coder: I. Pavlov, LZMA SDK, "LZMA
/// specification"). Reads zeros past the end, so it cannot fail; the caller bounds what it decodes
/// and asks exhausted() at the end.
class RangeDecoder {
 public:
  explicit RangeDecoder(Bytes input);

  /// One symbol of `bits` bits, high first, from an adaptive tree of 2^bits entries.
  uint32_t tree(uint16_t* probabilities, int bits);
  /// `bits` (at most 32) equiprobable bits, high first.
  uint32_t direct(uint32_t bits);
  /// All input was used.
  bool exhausted() const { return at_ == end_; }

 private:
  uint32_t bit(uint16_t& probability);
  void normalize();
  uint8_t next_byte() { return at_ == end_ ? 0 : *at_++; }

  const uint8_t* at_;
  const uint8_t* end_;
  uint32_t range_ = UINT32_MAX;
  uint32_t code_ = 0;
};

}  // namespace flotilla::edge
