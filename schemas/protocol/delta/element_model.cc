#include "schemas/protocol/delta/element_model.h"

namespace flotilla::delta {

int32_t step_exponent(Element type, const Prediction& guess) {
  if (!is_float(type)) return 127;
  const int32_t lowest = type == Element::kHalf ? 113 : 24;
  const int32_t exponent = static_cast<int32_t>(guess.single >> 23 & 255);
  return std::max(exponent, lowest) - static_cast<int32_t>(mantissa_bits(type));
}

int32_t difference_level(Element type, const Prediction& guess, uint32_t value) {
  constexpr int kToOctave = 23 - LevelMap::kFraction;
  const int32_t least = std::max(step_exponent(type, guess) - 2, 0) << kToOctave;
  float difference = 0;
  if (is_float(type)) {
    difference = as_float(to_single(type, value)) - as_float(guess.single);
  } else {
    difference = static_cast<float>(steps_between(type, guess.value, value));
  }
  const uint32_t log = (as_bits(difference) & 0x7FFFFFFFu) >> LevelMap::kFraction;
  return std::clamp(static_cast<int32_t>(log), least, 255 << kToOctave);
}

void ElementModel::reset() {
  width.reset();
  width_by_trend.reset();
  sign.reset();
  top.reset();
  exponent.reset();
  exponent_by_trend.reset();
  flip.reset();
  mantissa.reset();
  exact.reset();
  exact_by_margin.reset();
  side.reset();
  size.reset();
  for (Mixer& mixer : width_mixer) mixer.reset();
  for (Mixer& mixer : exponent_mixer) mixer.reset();
  exact_mixer.reset();
}

}  // namespace flotilla::delta
