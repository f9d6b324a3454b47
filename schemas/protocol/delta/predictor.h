#pragma once

#include "schemas/protocol/delta/element.h"

namespace flotilla::delta {

/// How a new number is guessed from an old one.
enum class Predictor : uint8_t {
  kPlain = 0,        ///< the old value, in the new type; without a base: zero
  kScale = 1,        ///< old x scale
  kRowScale = 2,     ///< old x scale of its row
  kColumnScale = 3,  ///< old x scale of its column
  kQuantise = 4,     ///< round((old - offset) / step) + zero point
  kRowQuantise = 5,  ///< the same with a step for each row and offset 0
  kPrune = 6,        ///< the old value, or zero where it is smaller than the threshold
  kPrevious = 7,     ///< the number before in the new tensor; positions in sparse ones
};

inline constexpr unsigned kPredictorBits = 3;

constexpr bool is_scaled(Predictor predictor) {
  return predictor == Predictor::kScale || predictor == Predictor::kRowScale ||
         predictor == Predictor::kColumnScale;
}
constexpr bool is_quantised(Predictor predictor) {
  return predictor == Predictor::kQuantise || predictor == Predictor::kRowQuantise;
}

/// A guess, and for quantised ones how near it is to tipping over.
struct Prediction {
  uint32_t value = 0;            ///< bit pattern in the new type
  uint32_t single = 0;           ///< the same as single precision, for float types; finite
  uint32_t relative_margin = 0;  ///< 0..15: log2(distance to the nearest tie / size), raised
  uint32_t margin = 0;           ///< 0..15: log2(distance to the nearest tie), raised
  bool tips_up = false;          ///< the nearest tie lies above
};

/// What a prediction needs besides the old value. Scales travel as binary16.
struct PredictorTerms {
  Predictor predictor = Predictor::kPlain;
  Element target = Element::kInt8;
  Element base = Element::kNone;
  uint32_t factor = 0;  ///< single: scale, step or threshold that counts for this element
  uint32_t offset = 0;  ///< single; kQuantise
  int32_t zero_point = 0;
};

/// `old`: bit pattern in the base's type; 0 without a base. Defined for all values: what is not
/// finite counts as 0.
Prediction predict(const PredictorTerms& terms, uint32_t old);

/// Numbers of a rounded tensor are whole multiples of 2^exponent, and are counted in it: a grid.
/// Exponents outside -kMaxGrid .. kMaxGrid count as the nearest inside.
inline constexpr int32_t kMaxGrid = 100;
/// Farthest multiple that a prediction can be rounded to.
inline constexpr int32_t kMaxGridIndex = 1 << 22;

/// The nearest multiple, ties to even: its index as a 32-bit integer, and where `single`, which is
/// finite, lies beside it. A multiple's own pattern gives its index.
Prediction on_grid(uint32_t single, int32_t exponent);
/// The multiple of that index, in a float type.
uint32_t from_grid(Element type, uint32_t index, int32_t exponent);

}  // namespace flotilla::delta
