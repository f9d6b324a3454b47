#pragma once

#include "schemas/base/bytes.h"
#include "schemas/protocol/delta/adaptive_bit.h"

namespace flotilla::delta {

/// Probabilities whose number the profile of a stream decides.
struct BitSpan {
  uint16_t* zero = nullptr;
  uint8_t* count = nullptr;
  size_t size = 0;

  AdaptiveBit at(size_t index) const { return {zero[index], count[index]}; }
  void reset() const;
};

/// Bytes without a known structure: by their place in a 32-bit word and, where the profile has the
/// memory, also by the byte before. Lives in the decoder's declared memory.
struct ByteModel {
  size_t lanes = 0;             ///< 1, 2 or 4; the last bits of the output offset choose
  BitSpan literal;              ///< lanes x 256
  BitSpan change;               ///< lanes x 256
  BitSpan literal_by_previous;  ///< a power of two, or none
  BitSpan change_by_last;       ///< as many
  BitSet<64>* same = nullptr;   ///< by the outcomes of the last four bytes and the lane
  Mixer* mixer = nullptr;       ///< two: for literals and for changes

  void reset();
};

/// Codes one byte after the other with a Coder that encodes, decodes or only counts.
template <class Coder>
class ByteCoder {
 public:
  ByteCoder(Coder& coder, ByteModel& model, uint32_t& history)
      : coder_(coder), model_(model), history_(history) {}

  /// A byte by itself; `previous` is the output byte before it.
  uint8_t literal(uint64_t position, uint8_t previous, uint8_t value) {
    const size_t lane = (position & (model_.lanes - 1)) * 256;
    return static_cast<uint8_t>(
        tree(model_.literal, lane, model_.literal_by_previous, previous, model_.mixer[0], value));
  }

  /// A byte that is likely to be `old`.
  uint8_t patched(uint64_t position, uint8_t old, uint8_t value) {
    const size_t context = (history_ & 15) * 4 + (position & 3);
    const bool differs = code_bit(coder_, delta::at(*model_.same, context), value != old);
    history_ = (history_ & ~15u) | (history_ << 1 & 15) | (differs ? 1 : 0);
    if (!differs) return old;
    const size_t lane = (position & (model_.lanes - 1)) * 256;
    const uint32_t change =
        tree(model_.change, lane, model_.change_by_last, static_cast<uint8_t>(history_ >> 8),
             model_.mixer[1], static_cast<uint8_t>(value - old));
    history_ = change << 8 | (history_ & 15);
    return static_cast<uint8_t>(old + change);
  }

 private:
  uint32_t tree(BitSpan& by_lane, size_t lane, BitSpan& hashed, uint8_t context, Mixer& mixer,
                uint8_t value) {
    uint32_t node = 1;
    for (int i = 7; i >= 0; --i) {
      const bool wanted = ((value >> i) & 1) != 0;
      bool bit = false;
      if (hashed.size == 0) {
        bit = code_bit(coder_, by_lane.at(lane + node), wanted);
      } else {
        const size_t slot = (context * 0x9E5u + node * 0x3D7u) & (hashed.size - 1);
        bit = code_mixed_bit(coder_, by_lane.at(lane + node), hashed.at(slot), mixer, wanted);
      }
      node = node << 1 | (bit ? 1 : 0);
    }
    return node - 256;
  }

  Coder& coder_;
  ByteModel& model_;
  uint32_t& history_;  ///< of patched(): four bits, one for each byte that changed, newest
                       ///< last; the newest change above them, from bit 8 on
};

}  // namespace flotilla::delta
