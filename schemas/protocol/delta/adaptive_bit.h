#pragma once

#include <algorithm>
#include <array>
#include <bit>
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

/// Tables of the arithmetic below.
namespace table {

/// 65536 / (n + 1.6)
inline constexpr auto kRates = [] {
  std::array<uint16_t, kCountLimit + 1> rates{};
  for (uint32_t n = 0; n < rates.size(); ++n) {
    rates[n] = static_cast<uint16_t>(655360 / (10 * n + 16));
  }
  return rates;
}();

/// 256 * log2(1 + (i + 0.5) / 64)
inline constexpr uint8_t kLog2[64] = {
    3,   9,   14,  20,  25,  30,  36,  41,  46,  51,  56,  61,  66,  71,  75,  80,
    85,  89,  94,  98,  103, 107, 111, 116, 120, 124, 128, 132, 136, 140, 144, 148,
    152, 155, 159, 163, 167, 170, 174, 178, 181, 185, 188, 192, 195, 198, 202, 205,
    208, 212, 215, 218, 221, 224, 228, 231, 234, 237, 240, 243, 246, 249, 252, 255};

/// 65536 / (1 + 2^(-i / 2)), at most 65535
inline constexpr uint16_t kLogistic[23] = {32768, 38390, 43691, 48418, 52429, 55691, 58254, 60214,
                                           61681, 62762, 63550, 64119, 64528, 64820, 65028, 65176,
                                           65281, 65355, 65408, 65446, 65472, 65491, 65504};
inline constexpr int32_t kStep = 128;
inline constexpr int32_t kFarthest = 22 * kStep;

}  // namespace table

/// log2(v) in units of 1 / 256, for 0 < v < 65536.
int32_t log2_of(uint32_t v);
/// log2(p / (65536 - p)) in units of 1 / 256; 0 < p < 65536.
int32_t stretch(uint32_t p);
/// Inverse of stretch, within kLeast of the ends.
uint32_t squash(int32_t x);

/// Weights that join two predictions of one bit; learns which of them to trust.
struct Mixer {
  static constexpr int32_t kOne = 1 << 14;
  static constexpr int32_t kLimit = 4 * kOne;
  int32_t weight[2];

  void reset() { weight[0] = weight[1] = kOne / 2; }
  uint32_t mix(int32_t first, int32_t second) const;
  void adapt(int32_t first, int32_t second, uint32_t p, bool bit);
};

inline int32_t log2_of(uint32_t v) {
  const uint32_t floor = static_cast<uint32_t>(std::bit_width(v)) - 1;
  const uint32_t fraction = (v << (16 - floor)) >> 10 & 63;
  return static_cast<int32_t>(floor * 256 + table::kLog2[fraction]);
}

inline void AdaptiveBit::adapt(bool bit) {
  const uint32_t rate = table::kRates[count];
  if (count < kCountLimit) ++count;
  const uint32_t p = zero;
  const uint32_t far = bit ? p : 65536 - p;
  const uint32_t step = (far * rate + 65535) >> 16;
  const uint32_t moved = bit ? p - step : p + step;
  zero = static_cast<uint16_t>(std::clamp(moved, kLeast, 65536 - kLeast));
}

inline int32_t stretch(uint32_t p) {
  return log2_of(p) - log2_of(65536 - p);
}

inline uint32_t squash(int32_t x) {
  const int32_t size = std::min(x < 0 ? -x : x, table::kFarthest - 1);
  const uint32_t low = table::kLogistic[size / table::kStep];
  const uint32_t high = table::kLogistic[size / table::kStep + 1];
  const uint32_t part = static_cast<uint32_t>(size % table::kStep);
  const uint32_t p = low + ((high - low) * part) / table::kStep;
  return x < 0 ? 65536 - p : p;
}

inline uint32_t Mixer::mix(int32_t first, int32_t second) const {
  return squash((weight[0] * first + weight[1] * second) / kOne);
}

inline void Mixer::adapt(int32_t first, int32_t second, uint32_t p, bool bit) {
  const int32_t error = (bit ? 0 : 65535) - static_cast<int32_t>(p);
  const int32_t steps[2] = {error * first, error * second};
  for (int i = 0; i < 2; ++i) {
    const int32_t moved = weight[i] + steps[i] / 65536;
    weight[i] = std::clamp(moved, -kLimit, kLimit);
  }
}

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
