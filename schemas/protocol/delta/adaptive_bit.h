#pragma once

#include <cstddef>
#include <cstdint>

/// Adaptive binary probabilities of the delta codec, alone or mixed in pairs. All arithmetic is on
/// integers, so that every compiler and CPU computes the same (docs/spec/delta-format.md, section
/// 3). Mixing in the logistic domain: M. Mahoney, "Adaptive weighing of context models for lossless
/// data compression", Florida Tech CS-2005-16.
namespace flotilla::delta {

inline constexpr uint32_t kEven = 1u << 15;
/// No symbol is more certain than 1 - kLeast / 65536.
inline constexpr uint32_t kLeast = 16;
/// The adaptation rate sinks like 1 / (n + 1.6) down to this count.
inline constexpr uint8_t kCountLimit = 127;

/// N probabilities of a zero bit in units of 1 / 65536, each with the count of bits it has seen.
/// Costs 3 bytes each.
template <size_t N>
struct BitSet {
  static constexpr size_t kSize = N;
  uint16_t zero[N];
  uint8_t count[N];

  void reset() {
    for (uint16_t& p : zero) p = kEven;
    for (uint8_t& n : count) n = 0;
  }
};

/// One probability of a set.
struct AdaptiveBit {
  uint16_t& zero;
  uint8_t& count;

  void adapt(bool bit);
};

template <size_t N>
AdaptiveBit at(BitSet<N>& set, size_t index) {
  return {set.zero[index], set.count[index]};
}

/// log2(v) in units of 1 / 256, for 0 < v < 65536.
int32_t log2_of(uint32_t v);
/// log2(p / (65536 - p)) in units of 1 / 256; 0 < p < 65536.
int32_t stretch(uint32_t p);
/// Inverse of stretch, within kLeast of the ends.
uint32_t squash(int32_t x);

/// Weights that join two predictions of one bit; learns which of them to trust.
struct Mixer {
  static constexpr int32_t kOne = 1 << 14;
  int32_t weight[2];

  void reset() { weight[0] = weight[1] = kOne / 2; }
  uint32_t mix(int32_t first, int32_t second) const;
  void adapt(int32_t first, int32_t second, uint32_t p, bool bit);
};

/// Coders have: bool bit(uint32_t p, bool value), which codes `value` given the probability p of a
/// zero and returns the bit coded or decoded.
template <class Coder>
bool code_bit(Coder& coder, AdaptiveBit context, bool value) {
  const bool bit = coder.bit(context.zero, value);
  context.adapt(bit);
  return bit;
}

template <class Coder>
bool code_mixed_bit(Coder& coder, AdaptiveBit first, AdaptiveBit second, Mixer& mixer, bool value) {
  const int32_t a = stretch(first.zero);
  const int32_t b = stretch(second.zero);
  const uint32_t p = mixer.mix(a, b);
  const bool bit = coder.bit(p, value);
  mixer.adapt(a, b, p, bit);
  first.adapt(bit);
  second.adapt(bit);
  return bit;
}

/// `bits` bits of a symbol, high first, each in the context of those before it. The tree takes
/// 2^bits probabilities from `base` on; element 0 is unused.
template <class Coder, size_t N>
uint32_t code_tree(Coder& coder, BitSet<N>& set, size_t base, unsigned bits, uint32_t value) {
  uint32_t node = 1;
  for (unsigned i = bits; i-- > 0;) {
    const bool bit = code_bit(coder, at(set, base + node), ((value >> i) & 1) != 0);
    node = node << 1 | (bit ? 1 : 0);
  }
  return node - (1u << bits);
}

}  // namespace flotilla::delta
