#pragma once

#include <algorithm>
#include <bit>

#include "schemas/protocol/delta/adaptive_bit.h"
#include "schemas/protocol/delta/predictor.h"

/// How far new numbers lie from their predictions: the heart of the delta codec. A row-and-column
/// model of the size of recent differences says at which scale the next one is expected; all
/// contexts are relative to that scale, so that a few hundred probabilities serve every element
/// type and are learnt within a few hundred numbers (docs/spec/delta-format.md, section 5).
namespace flotilla::delta {

/// Expected size of the next difference. Sizes are logarithms: the upper bits of a single's
/// pattern, 64 steps an octave.
class LevelMap {
 public:
  static constexpr int kFraction = 17;     ///< pattern bits below a step
  static constexpr int32_t kQuarter = 16;  ///< steps of a quarter octave

  /// `columns`: period of the map in elements. `slots` may be fewer: neighbours then share one.
  void start(MutableBytes slots, uint32_t columns, uint32_t column, int32_t level) {
    slots_ = slots;
    columns_ = columns;
    shift_ = 0;
    while (((columns - 1) >> shift_) >= slots.size()) ++shift_;
    fill(slots, 0);
    column_ = column;
    row_ = fast_ = level << kPrecision;
    seen_ = 0;
  }

  int32_t expected() const { return (row_ >> kPrecision) + offset(); }
  /// How recent differences compare with the expectation, in steps.
  int32_t trend() const { return (fast_ >> kPrecision) - expected(); }

  void learn(int32_t level) {
    const int32_t column = offset();
    const int rate = seen_ < 16 ? 2 : 5;
    row_ += (((level - column) << kPrecision) - row_) >> rate;
    fast_ += ((level << kPrecision) - fast_) >> 2;
    if (columns_ > 1) learn_column(level - (row_ >> kPrecision), column);
    ++seen_;
    skip();
  }
  /// Goes on to the next column without learning.
  void skip() {
    if (++column_ == columns_) column_ = 0;
  }

 private:
  static constexpr int kPrecision = 8;  ///< fraction bits of the running means

  /// A column's offset is kept in units of 4 steps.
  int32_t offset() const {
    return columns_ > 1 ? static_cast<int8_t>(slots_[column_ >> shift_]) * 4 : 0;
  }
  void learn_column(int32_t above_row, int32_t column) {
    const uint32_t rows = std::min<uint32_t>(seen_ / columns_, 6);
    const int32_t part = 4 * (2 * static_cast<int32_t>(rows) + 3);
    const int32_t change = 2 * (above_row - column);
    const int32_t half = change < 0 ? -part / 2 : part / 2;
    const int32_t moved = column / 4 + (change + half) / part;
    slots_[column_ >> shift_] = static_cast<uint8_t>(std::clamp<int32_t>(moved, -127, 127));
  }

  MutableBytes slots_;
  uint32_t columns_ = 1;
  uint32_t column_ = 0;
  uint32_t shift_ = 0;
  uint32_t seen_ = 0;
  int32_t row_ = 0;   ///< steps << kPrecision
  int32_t fast_ = 0;  ///< the same
};

/// Exponent, as a single's pattern counts it, of one step of the type at the prediction.
int32_t step_exponent(Element type, const Prediction& guess);
/// Size of the difference between a number and its prediction; a quarter of a step at least.
int32_t difference_level(Element type, const Prediction& guess, uint32_t value);

/// Probabilities for differences of numbers; lives in the decoder's declared memory.
struct ElementModel {
  static constexpr size_t kNear = 15;  ///< expected size in steps of the type, fine where small
  static constexpr size_t kClear = 4;  ///< how far the prediction is from zero, in such sizes
  static constexpr size_t kTrend = 4;
  static constexpr size_t kFar = 6;

  BitSet<kNear * kClear * 16> width;
  BitSet<kTrend * kFar * 16> width_by_trend;
  BitSet<8> sign;
  BitSet<16 * 8> top;
  BitSet<kClear * 4 * 16> exponent;
  BitSet<kTrend * 4 * 16> exponent_by_trend;
  BitSet<kClear * 16> flip;
  BitSet<16 * 8> mantissa;
  BitSet<16> exact;
  BitSet<16> exact_by_margin;
  BitSet<16> side;
  BitSet<16> size;
  Mixer width_mixer[16];
  Mixer exponent_mixer[16];
  Mixer exact_mixer;

  void reset();
};

/// Codes one number after the other with a Coder that encodes, decodes or only counts.
template <class Coder>
class ElementCoder {
 public:
  ElementCoder(Coder& coder, ElementModel& model, LevelMap& levels)
      : coder_(coder), model_(model), levels_(levels) {}

  /// `value` is what to encode; the result is what was encoded or decoded.
  uint32_t code(const PredictorTerms& terms, const Prediction& guess, uint32_t value) {
    if (is_quantised(terms.predictor)) return tipping(terms.target, guess, value);
    Scale scale(terms.target, guess, levels_);
    const uint32_t result = scale.clear < 0 ? direct(terms.target, scale, guess, value)
                                            : difference(terms.target, scale, guess, value);
    if (is_zero(terms.target, guess, result)) {
      levels_.skip();
    } else {
      levels_.learn(difference_level(terms.target, guess, result));
    }
    return result;
  }

 private:
  /// Zeros where zero was expected say nothing about the size of other numbers: sparse tensors.
  static bool is_zero(Element type, const Prediction& guess, uint32_t value) {
    if (!is_float(type)) return false;
    const uint32_t sign = 1u << (size_of(type) * 8 - 1);
    return ((guess.value | value) & ~sign) == 0;
  }

  /// Where the expected size lies, seen from the prediction.
  struct Scale {
    int32_t quarter;  ///< expected size, log2 x 4, as a single's exponent counts
    int32_t unit;     ///< exponent of one step of the type at the prediction
    int32_t steps;    ///< log2 x 4 of the expected size in such steps
    int32_t clear;    ///< log2 of prediction / expected size; negative: around zero
    size_t trend;

    Scale(Element type, const Prediction& guess, const LevelMap& levels) {
      quarter = levels.expected() >> 4;
      unit = 127;
      clear = 3;
      if (is_float(type)) {
        const int32_t exponent = static_cast<int32_t>(guess.single >> 23 & 255);
        unit = step_exponent(type, guess);
        clear = std::clamp<int32_t>(exponent - (quarter >> 2) - 1, -4, 3);
      }
      steps = quarter - 4 * unit;
      trend = static_cast<size_t>(std::clamp<int32_t>(((levels.trend() >> 4) + 8) >> 2, 0, 3));
    }
  };

  uint32_t mixed_tree(size_t first, size_t second, uint32_t value) {
    uint32_t node = 1;
    for (int i = 3; i >= 0; --i) {
      const bool bit = code_mixed_bit(coder_, at(model_.width, first + node),
                                      at(model_.width_by_trend, second + node),
                                      model_.width_mixer[node], ((value >> i) & 1) != 0);
      node = node << 1 | (bit ? 1 : 0);
    }
    return node - 16;
  }

  /// A number clear of zero: its distance from the prediction in steps of its type.
  uint32_t difference(Element type, const Scale& scale, const Prediction& guess, uint32_t value) {
    const int64_t wanted = steps_between(type, guess.value, value);
    const uint64_t wanted_size = static_cast<uint64_t>(wanted < 0 ? -wanted : wanted);
    const bool fine = scale.steps <= 16;
    const size_t near = fine ? static_cast<size_t>(std::max<int32_t>(scale.steps + 4, 0) / 2)
                             : 11 + static_cast<size_t>((scale.steps - 17) & 3);
    const uint32_t base = fine ? 0 : static_cast<uint32_t>((scale.steps - 13) >> 2);
    const size_t far = static_cast<size_t>(std::clamp<int32_t>((scale.steps + 8) >> 3, 0, 5));
    const uint32_t wide = static_cast<uint32_t>(std::bit_width(wanted_size));
    const uint32_t symbol = wide <= base ? 0 : std::min<uint32_t>(wide - base, 15);
    const uint32_t got =
        mixed_tree((near * ElementModel::kClear + static_cast<size_t>(scale.clear)) * 16,
                   (scale.trend * ElementModel::kFar + far) * 16, symbol);
    uint64_t size = 0;
    if (got == 0) {
      size = coder_.direct(std::min<uint32_t>(base, 32), static_cast<uint32_t>(wanted_size));
    } else {
      size = sized(got, got < 15 ? base + got : coder_.direct(6, wide), wanted_size);
    }
    if (size == 0) return guess.value;
    const size_t side = static_cast<size_t>(scale.clear) * 2 + (guess.single >> 31);
    const bool down = code_bit(coder_, at(model_.sign, side), wanted < 0);
    const int64_t steps = static_cast<int64_t>(size);
    return add_steps(type, guess.value, down ? -steps : steps);
  }

  /// A number of `wide` bits (at most 33), whose first is 1: three more are modelled.
  uint64_t sized(uint32_t got, uint32_t wide, uint64_t wanted) {
    wide = std::clamp<uint32_t>(wide, 1, 33);
    uint32_t rest = wide - 1;
    const unsigned modelled = std::min<uint32_t>(rest, 3);
    rest -= modelled;
    const uint32_t head = code_tree(coder_, model_.top, got * 8, modelled,
                                    static_cast<uint32_t>(wanted >> rest) & ((1u << modelled) - 1));
    const uint64_t high = (uint64_t{1} << modelled) | head;
    return high << rest | coder_.direct(rest, static_cast<uint32_t>(wanted));
  }

  /// A number around zero: its own exponent, sign and mantissa. Symbol 0 is zero itself.
  uint32_t direct(Element type, const Scale& scale, const Prediction& guess, uint32_t value) {
    const unsigned bits = mantissa_bits(type);
    const uint32_t sign = 1u << (size_of(type) * 8 - 1);
    const uint32_t field = (value & (sign - 1)) >> bits;
    const int32_t bias = type == Element::kHalf ? 112 : 0;
    const int32_t offset = (scale.quarter >> 2) - 9 - bias;
    const int32_t apart = static_cast<int32_t>(field) - offset;
    uint32_t symbol = apart < 1 || apart > 14 ? 15 : static_cast<uint32_t>(apart);
    if ((value & (sign - 1)) == 0) symbol = 0;
    const size_t clear = static_cast<size_t>(scale.clear + 4);
    const size_t quarter = static_cast<size_t>(scale.quarter & 3);
    const uint32_t got =
        exponent_tree((clear * 4 + quarter) * 16, (scale.trend * 4 + quarter) * 16, symbol);
    const bool minus = (guess.single >> 31) != 0;
    const bool flipped =
        code_bit(coder_, at(model_.flip, clear * 16 + got), ((value & sign) != 0) != minus);
    uint32_t size = 0;
    if (got == 15) {
      const uint32_t exponent = coder_.direct(type == Element::kHalf ? 5 : 8, field);
      size = exponent << bits | fraction(bits, got, value);
    } else if (got != 0) {
      const uint32_t exponent = static_cast<uint32_t>(offset + static_cast<int32_t>(got));
      size = (exponent << bits | fraction(bits, got, value)) & (sign - 1);
    }
    return flipped != minus ? size | sign : size;
  }

  uint32_t fraction(unsigned bits, uint32_t symbol, uint32_t value) {
    const uint32_t head =
        code_tree(coder_, model_.mantissa, symbol * 8, 3, value >> (bits - 3) & 7);
    return head << (bits - 3) | coder_.direct(bits - 3, value);
  }

  uint32_t exponent_tree(size_t first, size_t second, uint32_t value) {
    uint32_t node = 1;
    for (int i = 3; i >= 0; --i) {
      const bool bit = code_mixed_bit(coder_, at(model_.exponent, first + node),
                                      at(model_.exponent_by_trend, second + node),
                                      model_.exponent_mixer[node], ((value >> i) & 1) != 0);
      node = node << 1 | (bit ? 1 : 0);
    }
    return node - 16;
  }

  /// A quantised number: almost always the prediction, else most likely the next one to it.
  uint32_t tipping(Element type, const Prediction& guess, uint32_t value) {
    const int64_t wanted = steps_between(type, guess.value, value);
    const bool differs =
        code_mixed_bit(coder_, at(model_.exact, guess.relative_margin),
                       at(model_.exact_by_margin, guess.margin), model_.exact_mixer, wanted != 0);
    if (!differs) return guess.value;
    const bool against =
        code_bit(coder_, at(model_.side, guess.margin), (wanted > 0) != guess.tips_up);
    const uint32_t size = static_cast<uint32_t>(wanted < 0 ? -wanted : wanted);
    const uint32_t wide =
        code_tree(coder_, model_.size, 0, 4, static_cast<uint32_t>(std::bit_width(size)));
    const uint32_t rest = wide == 0 ? 0 : wide - 1;
    const int64_t steps = int64_t{1} << rest | coder_.direct(rest, size);
    return add_steps(type, guess.value, guess.tips_up != against ? steps : -steps);
  }

  Coder& coder_;
  ElementModel& model_;
  LevelMap& levels_;
};

}  // namespace flotilla::delta
