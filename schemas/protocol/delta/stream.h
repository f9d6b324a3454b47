#pragma once

#include "schemas/base/status.h"
#include "schemas/protocol/delta/byte_model.h"
#include "schemas/protocol/delta/element_model.h"

/// Codec 2: the payload of one chunk. Each is a range-coded stream of its own with fresh
/// probabilities and absolute ranges, so that chunks decode in any order. Encoder and applier share
/// every line that decides how a value is coded; docs/spec/delta-format.md describes the bytes for
/// everybody else.
namespace flotilla::delta {

enum class Op : uint8_t {
  kCopy = 0,     ///< bytes of the base
  kPatch = 1,    ///< bytes of the base, each with a likely-zero change
  kLiteral = 2,  ///< bytes by themselves
  kRaw = 3,      ///< bytes, uncoded
  kRepeat = 4,   ///< bytes of this chunk's output so far; may overlap what it writes
  kRevise = 5,   ///< bytes of this chunk's output so far, each with a likely-zero change
  kTyped = 6,    ///< numbers, each near its prediction from the base
  kCast = 7,     ///< numbers that equal their predictions
};
inline constexpr unsigned kOpBits = 3;

constexpr bool is_typed(Op op) {
  return op == Op::kTyped || op == Op::kCast;
}

/// How the numbers of a typed operation are laid out and predicted.
struct TypedTerms {
  PredictorTerms predictor;
  uint32_t columns = 1;     ///< period of the level map, in elements
  uint32_t row = 1;         ///< elements that share a scale or a grid, where something goes by row
  bool is_rounded = false;  ///< numbers are counted in multiples of a power of two

  bool has_row_factors() const {
    return predictor.predictor == Predictor::kRowScale ||
           predictor.predictor == Predictor::kRowQuantise;
  }
  bool by_row() const { return has_row_factors() || (is_rounded && !by_column()); }
  bool by_column() const { return predictor.predictor == Predictor::kColumnScale; }
  /// Length of the longest period: what the phase counts in.
  uint32_t period() const { return by_row() ? row : columns; }
};

constexpr bool looks_back(Op op) {
  return op == Op::kRepeat || op == Op::kRevise;
}

struct OpHeader {
  Op kind = Op::kCopy;
  uint32_t length = 0;       ///< bytes; of typed operations: elements
  uint64_t base_offset = 0;  ///< where the base is read, if it is
  uint32_t distance = 0;     ///< kRepeat and kRevise: how far back
  TypedTerms typed;
  uint32_t phase = 0;  ///< position of the first element within the period
  uint32_t level = 0;  ///< expected size of the first difference, quarter octaves

  uint32_t output_size() const {
    return is_typed(kind) ? length * size_of(typed.predictor.target) : length;
  }
  /// Bytes of the base that are read.
  uint64_t base_size() const {
    if (is_typed(kind)) return uint64_t{length} * size_of(typed.predictor.base);
    return kind == Op::kCopy || kind == Op::kPatch ? length : 0;
  }
};

inline constexpr unsigned kWidthBits = 6;
inline constexpr uint32_t kMaxWidth = 32;  ///< numbers stay below 2^33
inline constexpr uint32_t kMaxPeriod = 1u << 24;
/// Scales travel as the upper bits of a single's pattern: 13 bits of mantissa.
inline constexpr unsigned kScaleShift = 10;
inline constexpr int32_t kUnitScale = 0x3F800000 >> kScaleShift;

/// Single of a scale as it travels, and back (nearest).
constexpr uint32_t scale_to_single(int32_t scale) {
  return static_cast<uint32_t>(scale) << kScaleShift;
}
constexpr int32_t scale_from_single(uint32_t single) {
  return static_cast<int32_t>((single + (1u << (kScaleShift - 1))) >> kScaleShift);
}
/// A column's scale as the decoder keeps it, and back: exact from kLeastKept to kGreatestKept,
/// four octaves either way; modulo 2^16 beyond.
inline constexpr int32_t kLeastKept = kUnitScale - 32768;
inline constexpr int32_t kGreatestKept = kUnitScale + 32767;
constexpr int16_t kept_scale(int32_t scale) {
  return static_cast<int16_t>(static_cast<uint32_t>(scale) - static_cast<uint32_t>(kUnitScale));
}
constexpr int32_t scale_of_kept(int16_t kept) {
  return kUnitScale + kept;
}
inline constexpr unsigned kSourceBits = 3;
inline constexpr unsigned kLevelBits = 10;

constexpr uint64_t zigzag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

/// Probabilities of everything but the contents.
struct SyntaxModel {
  BitSet<64> kind;        ///< by the kind before
  BitSet<64 * 4> length;  ///< by the kind, two and two
  BitSet<64> base;
  BitSet<64> distance;
  BitSet<64> layout;
  BitSet<64> scale;
  BitSet<1> same_terms;
  BitSet<16> source;

  void reset();
};

/// Moves values[used] to the front; with used == N, puts `value` there and drops the last.
template <typename T, size_t N>
void to_front(T (&values)[N], size_t used, T value) {
  for (size_t i = std::min(used, N - 1); i > 0; --i) values[i] = values[i - 1];
  values[0] = value;
}

/// What the next operation is coded in the light of.
struct SyntaxState {
  Op previous = Op::kCopy;
  uint64_t cursor = 0;         ///< where the base goes on if nothing is inserted or removed
  uint64_t diagonals[3] = {};  ///< newest base offsets less output offsets
  uint32_t distances[4] = {1, 2, 4, 8};  ///< newest distances of operations that looked back
  TypedTerms terms;
};

/// Codes operations and side information. `malformed()` turns true when something decoded breaks a
/// rule; whatever is returned then is harmless.
template <class Coder>
class SyntaxCoder {
 public:
  SyntaxCoder(Coder& coder, SyntaxModel& model, SyntaxState& state)
      : coder_(coder), model_(model), state_(state) {}

  bool malformed() const { return malformed_; }

  /// `position`: output offset of the operation.
  void op(OpHeader& header, uint64_t position) {
    const uint32_t kind = code_tree(coder_, model_.kind, static_cast<size_t>(state_.previous) * 8,
                                    kOpBits, static_cast<uint32_t>(header.kind));
    header.kind = state_.previous = static_cast<Op>(kind);
    const uint64_t length = number(model_.length, kind / 2 * 64, header.length);
    if (length > UINT32_MAX / 4) return fail();
    header.length = static_cast<uint32_t>(length);
    if (is_typed(header.kind)) typed(header);
    if (header.base_size() != 0) base_offset(header, position);
    if (looks_back(header.kind)) distance(header);
    state_.cursor = header.base_size() != 0 ? header.base_offset + header.base_size()
                                            : state_.cursor + header.output_size();
  }

  /// A scale in units of kScaleUnit of a single's pattern, given the one before.
  int32_t scale(int32_t before, int32_t value) {
    const uint64_t coded = number(model_.scale, 0, zigzag(int64_t{value} - before) + 1);
    return static_cast<int32_t>(static_cast<uint32_t>(before) +
                                static_cast<uint32_t>(unzigzag(coded - 1)));
  }
  /// A grid's exponent, given the one before.
  int32_t grid(int32_t before, int32_t value) {
    const uint64_t coded = number(model_.layout, 0, zigzag(int64_t{value} - before) + 1);
    return static_cast<int32_t>(static_cast<uint32_t>(before) +
                                static_cast<uint32_t>(unzigzag(coded - 1)));
  }
  /// A quantisation step as single, given the one before.
  uint32_t step(uint32_t before, uint32_t value) {
    const int64_t steps = static_cast<int32_t>(value - before);
    const uint64_t coded = number(model_.scale, 0, zigzag(steps) + 1);
    return before + static_cast<uint32_t>(unzigzag(coded - 1));
  }

 private:
  void fail() { malformed_ = true; }

  /// 1 <= value < 2^33. The tree for its width begins at widths[first].
  template <size_t N>
  uint64_t number(BitSet<N>& widths, size_t first, uint64_t value) {
    const uint32_t wanted = value == 0 ? 0 : static_cast<uint32_t>(std::bit_width(value)) - 1;
    const uint32_t width = code_tree(coder_, widths, first, kWidthBits, wanted);
    if (width > kMaxWidth) {
      fail();
      return 1;
    }
    return uint64_t{1} << width | coder_.direct(width, static_cast<uint32_t>(value));
  }

  /// Symbols: 0 the cursor, 1..3 a recent diagonal, 4 an offset of its own.
  void base_offset(OpHeader& header, uint64_t position) {
    uint64_t(&recent)[3] = state_.diagonals;
    const uint64_t wanted = header.base_offset - position;
    uint32_t symbol = 4;
    for (uint32_t i = 3; i > 0; --i) {
      if (recent[i - 1] == wanted) symbol = i;
    }
    if (header.base_offset == state_.cursor) symbol = 0;
    symbol = code_tree(coder_, model_.source, 0, kSourceBits, symbol);
    if (symbol > 4) return fail();
    if (symbol == 0) {
      header.base_offset = state_.cursor;
    } else if (symbol < 4) {
      header.base_offset = position + recent[symbol - 1];
    } else {
      const int64_t apart = static_cast<int64_t>(header.base_offset - state_.cursor);
      const uint64_t coded = number(model_.base, 0, zigzag(apart) + 1);
      header.base_offset = state_.cursor + static_cast<uint64_t>(unzigzag(coded - 1));
    }
    const uint64_t diagonal = header.base_offset - position;
    const size_t used = static_cast<size_t>(std::find(recent, recent + 3, diagonal) - recent);
    to_front(recent, used, diagonal);
  }

  /// Symbols: 0..3 a recent distance, 4 one of its own.
  void distance(OpHeader& header) {
    uint32_t(&recent)[4] = state_.distances;
    const uint32_t wanted =
        static_cast<uint32_t>(std::find(recent, recent + 4, header.distance) - recent);
    const uint32_t symbol = code_tree(coder_, model_.source, 8, kSourceBits, wanted);
    if (symbol > 4) return fail();
    if (symbol < 4) {
      header.distance = recent[symbol];
    } else {
      const uint64_t coded = number(model_.distance, 0, header.distance);
      header.distance = static_cast<uint32_t>(std::min<uint64_t>(coded, UINT32_MAX));
    }
    to_front(recent, symbol, header.distance);
  }

  void typed(OpHeader& header) {
    if (!code_bit(coder_, at(model_.same_terms, 0), !(same(header.typed)))) {
      header.typed = state_.terms;
    } else {
      terms(header.typed);
      state_.terms = header.typed;
    }
    if (header.typed.period() > 1) {
      header.phase =
          static_cast<uint32_t>(number(model_.layout, 0, uint64_t{header.phase} + 1) - 1);
      if (header.phase >= header.typed.period()) fail();
    }
    if (header.kind == Op::kTyped) header.level = coder_.direct(kLevelBits, header.level);
    if (size_of(header.typed.predictor.target) == 0) fail();
  }

  bool same(const TypedTerms& other) const {
    const PredictorTerms& a = state_.terms.predictor;
    const PredictorTerms& b = other.predictor;
    return a.predictor == b.predictor && a.target == b.target && a.base == b.base &&
           a.factor == b.factor && a.offset == b.offset && a.zero_point == b.zero_point &&
           state_.terms.columns == other.columns && state_.terms.row == other.row &&
           state_.terms.is_rounded == other.is_rounded;
  }

  void terms(TypedTerms& typed) {
    PredictorTerms& p = typed.predictor;
    p.target = target(p.target, typed.is_rounded);
    p.base = element(p.base);
    p.predictor =
        static_cast<Predictor>(coder_.direct(kPredictorBits, static_cast<uint32_t>(p.predictor)));
    if (typed.is_rounded && (!is_float(p.target) || is_quantised(p.predictor))) fail();
    factors(p);
    typed.columns = period(typed.columns);
    typed.row = typed.by_row() ? period(typed.row) : 1;
  }

  /// No type at all announces that the numbers of the type that follows are rounded.
  Element target(Element value, bool& is_rounded) {
    const Element first = element(is_rounded ? Element::kNone : value);
    is_rounded = first == Element::kNone;
    return is_rounded ? element(value) : first;
  }

  Element element(Element value) {
    return static_cast<Element>(coder_.direct(kElementBits, static_cast<uint32_t>(value)));
  }

  void factors(PredictorTerms& p) {
    const bool has_factor = p.predictor == Predictor::kScale || is_quantised(p.predictor) ||
                            p.predictor == Predictor::kPrune;
    p.factor = has_factor ? coder_.direct(32, p.factor) : 0;
    p.offset = p.predictor == Predictor::kQuantise ? coder_.direct(32, p.offset) : 0;
    const uint32_t zero = static_cast<uint32_t>(p.zero_point + 128);
    p.zero_point =
        is_quantised(p.predictor) ? static_cast<int32_t>(coder_.direct(9, zero)) - 128 : 0;
  }

  uint32_t period(uint32_t value) {
    const uint64_t coded = number(model_.layout, 0, value);
    if (coded > kMaxPeriod) fail();
    return coded > kMaxPeriod ? 1 : static_cast<uint32_t>(coded);
  }

  Coder& coder_;
  SyntaxModel& model_;
  SyntaxState& state_;
  bool malformed_ = false;
};

}  // namespace flotilla::delta
