#include "schemas/protocol/delta/element_model.h"

#include "schemas/protocol/delta/element_priors.h"

namespace flotilla::delta {
namespace {

/// As if that many bits had been seen already.
constexpr uint8_t kPriorCount = 10;

template <size_t N, class Prior>
void begin(BitSet<N>& set, Prior&& prior) {
  for (size_t i = 0; i < N; ++i) {
    set.zero[i] = static_cast<uint16_t>(prior(i) << 8);
    set.count[i] = kPriorCount;
  }
}

}  // namespace

int32_t step_exponent(Element type, const Prediction& guess) {
  if (!is_float(type)) return 127;
  const int32_t lowest = type == Element::kHalf ? 113 : 24;
  const int32_t exponent = static_cast<int32_t>(guess.single >> 23 & 255);
  return std::max<int32_t>(exponent, lowest) - static_cast<int32_t>(mantissa_bits(type));
}

int32_t difference_level(Element type, const Prediction& guess, uint32_t value) {
  constexpr int kToOctave = 23 - LevelMap::kFraction;
  const int32_t least = std::max<int32_t>(step_exponent(type, guess) - 2, 0) << kToOctave;
  float difference = 0;
  if (is_float(type)) {
    difference = as_float(to_single(type, value)) - as_float(guess.single);
  } else {
    difference = static_cast<float>(static_cast<int32_t>(steps_between(type, guess.value, value)));
  }
  const uint32_t log = (as_bits(difference) & 0x7FFFFFFFu) >> LevelMap::kFraction;
  return std::clamp<int32_t>(static_cast<int32_t>(log), least, 255 << kToOctave);
}

void ElementModel::reset() {
  begin(width, [](size_t i) { return prior::kWidth[i / (kClear * 16) * 16 + i % 16]; });
  begin(width_by_trend, [](size_t i) { return prior::kWidthByTrend[i % (kFar * 16)]; });
  begin(top, [](size_t i) { return prior::kTop[i]; });
  begin(exponent, [](size_t i) { return prior::kExponent[i / 64 * 16 + i % 16]; });
  begin(exponent_by_trend, [](size_t i) { return prior::kExponentByTrend[i % 64]; });
  begin(flip, [](size_t i) { return prior::kFlip[i]; });
  begin(mantissa, [](size_t i) { return prior::kMantissa[i]; });
  sign.reset();
  exact.reset();
  exact_by_margin.reset();
  side.reset();
  size.reset();
  for (Mixer& mixer : width_mixer) mixer.reset();
  for (Mixer& mixer : exponent_mixer) mixer.reset();
  exact_mixer.reset();
}

}  // namespace flotilla::delta
