#pragma once

#include <algorithm>

#include "controller/artifact/delta/planned_op.h"
#include "schemas/protocol/delta/typed_run.h"

namespace flotilla::controller {

/// Everything adaptive of one chunk that is not in its ChunkModel.
struct OpCoderState {
  delta::SyntaxState syntax;
  uint32_t history = 0;
};

/// Codes operations with any Coder: a RangeEncoder, or one that only adds up costs.
template <class Coder>
class OpCoder {
 public:
  OpCoder(Bytes base, Bytes target, Coder& coder, delta::ChunkModel& model, OpCoderState& state,
          uint64_t chunk_begin)
      : base_(base),
        target_(target),
        coder_(coder),
        model_(model),
        state_(state),
        chunk_begin_(chunk_begin),
        syntax_(coder, *model.syntax, state.syntax),
        bytes_(coder, model.bytes, state.history) {}

  /// `watch(end)` is called after each byte or element with the offset behind it; false stops.
  template <class Watch>
  void code(const PlannedOp& op, Watch&& watch) {
    delta::OpHeader header = op.header;
    if (header.kind == delta::Op::kTyped) header.level = first_level(op);
    syntax_.op(header, op.target_offset);
    if (is_typed(header.kind)) {
      typed(op, header, watch);
    } else if (header.kind == delta::Op::kCopy || header.kind == delta::Op::kRepeat) {
      watch(op.end());
    } else {
      symbols(op, watch);
    }
  }

 private:
  template <class Watch>
  void symbols(const PlannedOp& op, Watch& watch) {
    for (uint64_t at = op.target_offset; at < op.end(); ++at) {
      const uint8_t value = target_[at];
      if (op.header.kind == delta::Op::kPatch) {
        bytes_.patched(at, base_[op.header.base_offset + (at - op.target_offset)], value);
      } else if (op.header.kind == delta::Op::kRevise) {
        bytes_.patched(at, target_[at - op.header.distance], value);
      } else if (op.header.kind == delta::Op::kLiteral) {
        bytes_.literal(at, at == chunk_begin_ ? uint8_t{0} : target_[at - 1], value);
      } else {
        coder_.direct(8, value);
      }
      if (!watch(at + 1)) return;
    }
  }

  template <class Watch>
  void typed(const PlannedOp& op, const delta::OpHeader& header, Watch& watch) {
    const delta::Element element = header.typed.predictor.target;
    const uint32_t width = size_of(element);
    delta::TypedRun<Coder> run(coder_, syntax_, model_, header);
    for (uint32_t i = 0; i < header.length; ++i) {
      if (run.needs_factor()) run.factor(op.factor(i));
      if (run.needs_grid()) run.grid(op.grid(i));
      const uint64_t at = op.target_offset + uint64_t{i} * width;
      run.next(old_at(op, i), load_element(element, target_.data() + at));
      if (!watch(at + width)) return;
    }
  }

  uint32_t old_at(const PlannedOp& op, uint32_t i) const {
    const delta::Element base = op.header.typed.predictor.base;
    if (base == delta::Element::kNone) return 0;
    return load_element(base, base_.data() + op.header.base_offset + uint64_t{i} * size_of(base));
  }

  /// Mean size of the first differences, in quarter octaves.
  uint32_t first_level(const PlannedOp& op) const {
    constexpr uint32_t kSample = 64;
    const uint32_t count = std::min(op.header.length, kSample);
    delta::PredictorTerms terms = op.header.typed.predictor;
    const delta::Element counted_in =
        op.header.typed.is_rounded ? delta::Element::kInt32 : terms.target;
    uint64_t sum = 0;
    uint64_t counted = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (op.factors) terms.factor = op.factor(i);
      const uint64_t at = op.target_offset + uint64_t{i} * size_of(terms.target);
      delta::Prediction guess = predict(terms, old_at(op, i));
      uint32_t value = load_element(terms.target, target_.data() + at);
      if (op.header.typed.is_rounded) {
        value = delta::on_grid(to_single(terms.target, value), op.grid(i)).value;
        guess = delta::on_grid(guess.single, op.grid(i));
      }
      if (value == guess.value && counted + count - i > 1) continue;  // as good as no difference
      sum += static_cast<uint64_t>(delta::difference_level(counted_in, guess, value));
      ++counted;
    }
    return static_cast<uint32_t>(sum /
                                 (std::max<uint64_t>(counted, 1) * delta::LevelMap::kQuarter));
  }

  Bytes base_;
  Bytes target_;
  Coder& coder_;
  delta::ChunkModel& model_;
  OpCoderState& state_;
  uint64_t chunk_begin_;
  delta::SyntaxCoder<Coder> syntax_;
  delta::ByteCoder<Coder> bytes_;
};

}  // namespace flotilla::controller
