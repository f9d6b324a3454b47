#include "tests/support/delta_ops.h"

#include <algorithm>

#include "controller/artifact/delta/op_coder.h"
#include "controller/artifact/delta/range_encoder.h"
#include "schemas/base/crc32c.h"

namespace flotilla::testing {
namespace {

using controller::PlannedOp;
using delta::Element;
using delta::Op;
using delta::Predictor;

uint32_t random_u32(Prng& random) {
  return static_cast<uint32_t>(random.next());
}

class CaseBuilder {
 public:
  explicit CaseBuilder(uint64_t seed) : random_(seed) {
    const uint32_t size = random_.below(5) == 0 ? random_.below(12) : 200 + random_.below(4000);
    for (uint32_t i = 0; i < size; i += 4) word(out_.base, random_number());
    out_.base.resize(size);
    out_.profile = static_cast<uint8_t>(random_.below(2));
    out_.output_offset = random_.below(3) * 256 + random_.below(2) * random_.below(999);
    out_.target.resize(out_.output_offset);
  }

  DeltaCase run() {
    const uint32_t count = 1 + random_.below(12);
    while (out_.ops.size() < count) {
      const Op kind = static_cast<Op>(random_.below(8));
      if (is_typed(kind)) {
        typed(kind);
      } else {
        bytes(kind);
      }
    }
    return std::move(out_);
  }

 private:
  static void word(std::vector<uint8_t>& bytes, uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  /// A weight, mostly.
  uint32_t random_number() {
    const uint32_t kind = random_.below(40);
    if (kind == 0) return random_u32(random_);
    if (kind == 1) return 0;
    const uint32_t exponent = 110 + random_.below(16);
    return random_.below(2) << 31 | exponent << 23 | (random_u32(random_) & 0x7FFFFF);
  }
  uint32_t random_length(uint32_t most) {
    return 1 + random_.below(random_.below(3) == 0 ? most : std::min(most, 20u));
  }
  uint64_t produced() const { return out_.target.size() - out_.output_offset; }

  void bytes(Op kind) {
    PlannedOp op = controller::byte_op(kind, out_.target.size(), random_length(700));
    if (looks_back(kind)) {
      if (produced() == 0) return;
      op.header.distance = 1 + random_.below(static_cast<uint32_t>(std::min<uint64_t>(
                                   produced(), random_.below(2) == 0 ? 4 : produced())));
    }
    const uint64_t reads = op.header.base_size();
    if (reads > out_.base.size()) return;
    if (reads != 0) op.header.base_offset = source(reads);
    for (uint32_t i = 0; i < op.header.length; ++i) {
      uint8_t byte = static_cast<uint8_t>(random_.below(random_.below(2) == 0 ? 256 : 8));
      uint8_t old = 0;
      if (reads != 0) old = out_.base[op.header.base_offset + i];
      if (looks_back(kind)) old = out_.target[out_.target.size() - op.header.distance];
      const bool same = kind == Op::kCopy || kind == Op::kRepeat || random_.below(4) != 0;
      out_.target.push_back(same && (reads != 0 || looks_back(kind)) ? old : byte);
    }
    out_.ops.push_back(std::move(op));
  }

  /// Often where the base goes on, or on an earlier diagonal.
  uint64_t source(uint64_t reads) {
    const uint64_t room = out_.base.size() - reads;
    if (random_.below(2) == 0 && out_.target.size() <= room) return out_.target.size();
    if (random_.below(2) == 0 && cursor_ <= room) return cursor_;
    return random_.below(static_cast<uint32_t>(room) + 1);
  }

  void choose_terms() {
    delta::TypedTerms& typed = terms_;
    typed = {};
    delta::PredictorTerms& p = typed.predictor;
    do {
      p.target = static_cast<Element>(random_.below(8));
    } while (p.target == Element::kNone);
    p.base = static_cast<Element>(random_.below(8));
    if (random_.below(2) == 0) p.base = p.target;
    p.predictor = static_cast<Predictor>(random_.below(8));
    const uint32_t shape = random_.below(4);
    if (shape > 0) typed.columns = 1 + random_.below(shape == 1 ? 5 : 60);
    if (shape == 3 && !typed.by_column()) typed.columns = 1 + random_.below(5000);
    typed.is_rounded = is_float(p.target) && !is_quantised(p.predictor) && random_.below(3) == 0;
    if (typed.by_row()) typed.row = 1 + random_.below(80);
    if (p.predictor == Predictor::kScale || is_quantised(p.predictor)) {
      p.factor = delta::as_bits(0.001f * static_cast<float>(1 + random_.below(3000)));
    }
    if (p.predictor == Predictor::kPrune) p.factor = random_number() & 0x7FFFFFFF;
    if (p.predictor == Predictor::kQuantise) p.offset = random_number();
    if (is_quantised(p.predictor)) p.zero_point = static_cast<int32_t>(random_.below(384)) - 128;
  }

  void typed(Op kind) {
    if (random_.below(3) != 0 || !has_terms_) choose_terms();
    has_terms_ = true;
    PlannedOp op;
    op.target_offset = out_.target.size();
    op.header.kind = kind;
    op.header.typed = terms_;
    op.header.length = random_length(300);
    if (op.header.base_size() > out_.base.size()) return;
    if (op.header.base_size() != 0) op.header.base_offset = source(op.header.base_size());
    op.header.phase = random_.below(terms_.period());
    add_factors(op);
    numbers(op);
    cursor_ = op.header.base_offset + op.header.base_size();
    out_.ops.push_back(std::move(op));
  }

  void add_factors(PlannedOp& op) {
    const uint32_t rows = (op.header.phase + op.header.length) / terms_.period() + 1;
    if (terms_.is_rounded) add_grids(op, terms_.by_row() ? rows : 1);
    if (!terms_.has_row_factors() && !terms_.by_column()) return;
    controller::Factors factors(terms_.by_row() ? rows : terms_.columns);
    for (uint32_t& factor : factors) {
      const float value = 0.01f * static_cast<float>(random_.below(500)) - 0.2f;
      factor = delta::as_bits(value);
      if (is_quantised(terms_.predictor.predictor)) continue;
      const int32_t scale = delta::scale_from_single(factor);
      const int32_t kept = delta::scale_of_kept(delta::kept_scale(scale));
      factor = delta::scale_to_single(terms_.by_column() ? kept : scale);
    }
    op.factors = std::make_shared<controller::Factors>(std::move(factors));
  }

  /// Mostly about as coarse as the numbers are large.
  void add_grids(PlannedOp& op, uint32_t rows) {
    controller::Grids grids(rows);
    for (int16_t& grid : grids) {
      const int32_t wild = static_cast<int32_t>(random_.below(300)) - 150;
      const int32_t tame = -static_cast<int32_t>(random_.below(20));
      grid = static_cast<int16_t>(random_.below(8) == 0 ? wild : tame);
    }
    op.grids = std::make_shared<controller::Grids>(std::move(grids));
  }
  /// Some multiple that is its own nearest one; -0 and what is too large are not.
  uint32_t on_grid(const PlannedOp& op, uint32_t i, uint32_t single, uint32_t spread) {
    const Element type = terms_.predictor.target;
    const int32_t grid = op.grid(i);
    uint32_t index = delta::on_grid(single, grid).value;
    if (op.header.kind == Op::kCast) return delta::from_grid(type, index, grid);
    index = near({Predictor::kPlain, Element::kInt32}, index, std::min(spread, 23u));
    const uint32_t value = delta::from_grid(type, index, grid);
    const uint32_t wide = to_single(type, value);
    if ((wide & 0x7F800000) == 0x7F800000) return 0;
    const uint32_t again = delta::from_grid(type, delta::on_grid(wide, grid).value, grid);
    return again == value ? value : 0;
  }

  void numbers(const PlannedOp& op) {
    const uint32_t width = size_of(terms_.predictor.target);
    delta::PredictorTerms terms = terms_.predictor;
    const uint32_t spread = random_.below(34);
    uint32_t last = 0;
    for (uint32_t i = 0; i < op.header.length; ++i) {
      if (op.factors) terms.factor = op.factor(i);
      uint32_t old = 0;
      if (terms.base != Element::kNone) {
        const uint64_t at = op.header.base_offset + uint64_t{i} * size_of(terms.base);
        old = delta::load_element(terms.base, out_.base.data() + at);
      }
      if (terms.predictor == Predictor::kPrevious) old = i == 0 ? 0 : last;
      const delta::Prediction guess = predict(terms, old);
      uint32_t value = guess.value;
      if (terms_.is_rounded) {
        value = on_grid(op, i, guess.single, spread);
      } else if (op.header.kind == Op::kTyped) {
        value = near(terms, value, spread);
      }
      uint8_t bytes[4];
      delta::store_element(terms.target, value, bytes);
      last = delta::load_element(terms.target, bytes);
      out_.target.insert(out_.target.end(), bytes, bytes + width);
    }
  }
  /// Something that the predictor's way of coding can reach.
  uint32_t near(const delta::PredictorTerms& terms, uint32_t value, uint32_t spread) {
    const uint32_t kind = random_.below(24);
    if (is_quantised(terms.predictor)) {
      const int64_t steps = kind < 16 ? 0 : static_cast<int64_t>(random_.below(100)) - 50;
      return delta::add_steps(terms.target, value, steps);
    }
    if (kind == 0) return random_u32(random_);
    if (kind == 1) return 0;
    const int64_t size = static_cast<int64_t>(random_.next() >> (63 - spread) >> 1);
    return delta::add_steps(terms.target, value, random_.below(2) == 0 ? size : -size);
  }

  Prng random_;
  DeltaCase out_;
  delta::TypedTerms terms_;
  bool has_terms_ = false;
  uint64_t cursor_ = 0;
};

}  // namespace

std::vector<uint8_t> encode_case(const DeltaCase& chunk) {
  std::vector<uint64_t> words(delta::model_size(chunk.profile) / 8);
  delta::ChunkModel model =
      delta::place(chunk.profile, {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8});
  model.reset();
  std::string coded;
  controller::RangeEncoder encoder(coded);
  controller::OpCoderState state;
  state.syntax.cursor = chunk.output_offset;
  controller::OpCoder<controller::RangeEncoder> coder(chunk.base, chunk.target, encoder, model,
                                                      state, chunk.output_offset);
  uint64_t begin = UINT64_MAX;
  uint64_t end = 0;
  for (const PlannedOp& op : chunk.ops) {
    coder.code(op, [](uint64_t) { return true; });
    if (op.header.base_size() == 0) continue;
    begin = std::min(begin, op.header.base_offset);
    end = std::max(end, op.header.base_offset + op.header.base_size());
  }
  encoder.finish();
  delta::ChunkHeader header;
  header.profile = chunk.profile;
  header.output_checksum = crc32c(chunk.output());
  if (begin < end) {
    header.base_begin = static_cast<uint32_t>(begin);
    header.base_length = static_cast<uint32_t>(end - begin);
    header.base_checksum = crc32c(Bytes(chunk.base).subspan(begin, end - begin));
  }
  std::vector<uint8_t> payload(delta::kMaxChunkHeader);
  payload.resize(delta::write_chunk_header(header, payload.data()));
  payload.insert(payload.end(), coded.begin(), coded.end());
  return payload;
}

DeltaCase random_case(uint64_t seed) {
  return CaseBuilder(seed).run();
}

}  // namespace flotilla::testing
