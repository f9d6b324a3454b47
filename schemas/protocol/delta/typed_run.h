#pragma once

#include "schemas/protocol/delta/memory.h"

namespace flotilla::delta {

/// The numbers of one typed operation in order: for each, factor() when needs_factor(), grid() when
/// needs_grid(), then next(). The same steps encode, decode or count.
template <class Coder>
class TypedRun {
 public:
  /// Bounds were checked: columns fit the model where the predictor works by column.
  TypedRun(Coder& coder, SyntaxCoder<Coder>& syntax, const ChunkModel& model,
           const OpHeader& header)
      : syntax_(syntax),
        scales_(model.scales),
        elements_(coder, *model.elements, levels_),
        terms_(header.typed),
        now_(header.typed.predictor),
        exact_(header.kind == Op::kCast),
        place_(header.phase) {
    if (exact_) return;  // no differences: no sizes of them
    const uint32_t column = terms_.by_row() ? header.phase % terms_.columns : header.phase;
    levels_.start(model.levels, terms_.columns, column,
                  static_cast<int32_t>(header.level) * LevelMap::kQuarter);
  }

  /// True when the next element begins a row, or a column not seen before, with its own factor.
  bool needs_factor() const {
    if (terms_.has_row_factors()) return starts_row();
    return terms_.by_column() && done_ < terms_.columns;
  }

  /// True when the next element begins a row, or the operation, with its own grid.
  bool needs_grid() const {
    return terms_.is_rounded && (terms_.by_row() ? starts_row() : done_ == 0);
  }
  /// `exponent`: of the power of two.
  void grid(int32_t exponent) { grid_ = syntax_.grid(grid_, exponent); }

  /// `value`: single of a scale that travels well (scale_from_single()), or of a quantisation step.
  void factor(uint32_t value) {
    if (now_.predictor == Predictor::kRowQuantise) {
      now_.factor = syntax_.step(now_.factor, value);
      return;
    }
    scale_ = syntax_.scale(scale_, scale_from_single(value));
    now_.factor = scale_to_single(scale_);
    if (terms_.by_column()) scales_[place_] = kept_scale(scale_);
  }

  /// `old`: bit pattern of the base's element, if there is a base.
  uint32_t next(uint32_t old, uint32_t value) {
    if (terms_.by_column()) now_.factor = scale_to_single(scale_of_kept(scales_[place_]));
    if (now_.predictor == Predictor::kPrevious) old = previous_;
    const Prediction guess = predict(now_, old);
    ++done_;
    if (++place_ == terms_.period()) place_ = 0;
    previous_ = terms_.is_rounded ? rounded(guess, value) : exact(now_, guess, value);
    return previous_;
  }

 private:
  bool starts_row() const { return done_ == 0 || place_ == 0; }

  uint32_t exact(const PredictorTerms& terms, const Prediction& guess, uint32_t value) {
    return exact_ ? guess.value : elements_.code(terms, guess, value);
  }
  uint32_t rounded(const Prediction& guess, uint32_t value) {
    static constexpr PredictorTerms kIndices{Predictor::kPlain, Element::kInt32};
    const Element target = terms_.predictor.target;
    const uint32_t wanted = on_grid(to_single(target, value), grid_).value;
    const uint32_t index = exact(kIndices, on_grid(guess.single, grid_), wanted);
    return from_grid(target, index, grid_);
  }

  SyntaxCoder<Coder>& syntax_;
  std::span<int16_t> scales_;
  LevelMap levels_;
  ElementCoder<Coder> elements_;
  TypedTerms terms_;
  PredictorTerms now_;
  bool exact_;
  uint32_t place_;
  uint32_t done_ = 0;
  int32_t scale_ = kUnitScale;
  int32_t grid_ = 0;
  uint32_t previous_ = 0;  ///< element before
};

}  // namespace flotilla::delta
