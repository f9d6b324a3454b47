#include "schemas/protocol/delta/predictor.h"

#include <algorithm>
#include <cfloat>

namespace flotilla::delta {
namespace {

static_assert(FLT_EVAL_METHOD == 0, "predictions are rounded to single precision step by step");

constexpr uint32_t kSize = 0x7FFFFFFFu;
constexpr float kFarthest = 65536.0f;
/// Adding and taking away 1.5 x 2^23 rounds |y| < 2^22 to an integer, ties to even.
constexpr float kRound = 12582912.0f;
constexpr int32_t kMarginRaise = 14;

bool is_finite(uint32_t single) {
  return (single & 0x7F800000u) != 0x7F800000u;
}

int32_t exponent_of(float value) {
  return static_cast<int32_t>(as_bits(value) >> 23 & 255) - 127;
}

uint32_t raised(int32_t log) {
  return static_cast<uint32_t>(std::clamp<int32_t>(log + kMarginRaise, 0, 15));
}

Prediction as_target(const PredictorTerms& terms, uint32_t single) {
  Prediction guess;
  guess.value = from_single(terms.target, is_finite(single) ? single : 0);
  guess.single = to_single(terms.target, guess.value);
  if (is_finite(guess.single)) return guess;
  return {};
}

float magnitude(float value) {
  return as_float(as_bits(value) & kSize);
}

/// 2^exponent; -kMaxGrid to kMaxGrid.
float power_of_two(int32_t exponent) {
  return as_float(static_cast<uint32_t>(exponent + 127) << 23);
}

/// Volatile-free but unfusable: the core is compiled with -ffp-contract=off.
Prediction quantised(const PredictorTerms& terms, uint32_t old_single) {
  float y = (as_float(old_single) - as_float(terms.offset)) / as_float(terms.factor);
  if (!is_finite(as_bits(y))) y = 0;
  y = std::clamp(y, -kFarthest, kFarthest);
  const float rounded = (y + kRound) - kRound;
  const float off = y - rounded;
  const float distance = 0.5f - magnitude(off);
  const bool is_unsigned = terms.target == Element::kUnsigned;
  const int32_t lowest = is_unsigned ? 0 : -128;
  const int32_t whole = static_cast<int32_t>(rounded) + terms.zero_point;
  Prediction guess;
  guess.value = static_cast<uint32_t>(std::clamp<int32_t>(whole, lowest, lowest + 255)) & 0xFF;
  const float size = std::max(magnitude(y), 1.0f);
  guess.margin = raised(exponent_of(distance));
  guess.relative_margin = raised(exponent_of(distance) - exponent_of(size));
  guess.tips_up = off > 0;
  return guess;
}

}  // namespace

Prediction predict(const PredictorTerms& terms, uint32_t old) {
  if (!is_float(terms.target) && !is_quantised(terms.predictor)) {
    Prediction guess;
    guess.value = old;
    return guess;
  }
  uint32_t single = to_single(terms.base, old);
  if (!is_finite(single)) single = 0;
  if (is_quantised(terms.predictor)) return quantised(terms, single);
  if (is_scaled(terms.predictor)) single = as_bits(as_float(single) * as_float(terms.factor));
  if (terms.predictor == Predictor::kPrune && (single & kSize) < (terms.factor & kSize)) single = 0;
  return as_target(terms, single);
}

Prediction on_grid(uint32_t single, int32_t exponent) {
  constexpr float kFar = static_cast<float>(kMaxGridIndex);
  exponent = std::clamp(exponent, -kMaxGrid, kMaxGrid);
  const float y = std::clamp(as_float(single) * power_of_two(-exponent), -kFar, kFar);
  const float rounded = (y + kRound) - kRound;
  Prediction guess;
  guess.value = static_cast<uint32_t>(static_cast<int32_t>(rounded));
  guess.single = y < rounded ? ~kSize : 0;
  return guess;
}

uint32_t from_grid(Element type, uint32_t index, int32_t exponent) {
  const float whole = as_float(to_single(Element::kInt32, index));
  exponent = std::clamp(exponent, -kMaxGrid, kMaxGrid);
  return from_single(type, as_bits(whole * power_of_two(exponent)));
}

}  // namespace flotilla::delta
