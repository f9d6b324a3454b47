#include "controller/artifact/op_encoder.h"

#include <bit>

namespace flotilla::controller {

OpEncoder::OpEncoder(Bytes base, Bytes target, uint64_t output_offset, std::string& out)
    : base_(base), target_(target), coder_(out) {
  state_.model.reset();
  state_.cursor = output_offset;
}

void OpEncoder::encode(const PlannedOp& op) {
  tree(state_.model.op[static_cast<size_t>(state_.previous)], delta::kOpBits,
       static_cast<unsigned>(op.kind));
  number(state_.model.length_width, op.length);
  state_.previous = op.kind;
  switch (op.kind) {
    case delta::Op::kCopy:
      base_range(op);
      return;
    case delta::Op::kAdd:
      base_range(op);
      symbols(op);
      return;
    case delta::Op::kLiteral:
      symbols(op);
      state_.cursor += op.length;
      return;
    case delta::Op::kRaw:
      raw(op);
      state_.cursor += op.length;
      return;
  }
}

OpEncoder::State OpEncoder::save() const {
  State state = state_;
  state.coder = coder_.save();
  return state;
}

void OpEncoder::restore(const State& state) {
  state_ = state;
  coder_.restore(state.coder);
}

void OpEncoder::tree(uint16_t* probabilities, unsigned bits, unsigned value) {
  unsigned node = 1;
  while (bits-- > 0) {
    const unsigned bit = (value >> bits) & 1;
    coder_.bit(probabilities[node], bit);
    node = 2 * node + bit;
  }
}

void OpEncoder::number(uint16_t* width_probabilities, uint64_t value) {
  const unsigned width = static_cast<unsigned>(std::bit_width(value)) - 1;
  tree(width_probabilities, delta::kWidthBits, width);
  coder_.uncoded(value, width);
}

void OpEncoder::base_range(const PlannedOp& op) {
  const int64_t distance =
      static_cast<int64_t>(op.base_offset) - static_cast<int64_t>(state_.cursor);
  number(state_.model.distance_width, delta::zigzag(distance) + 1);
  state_.cursor = op.base_offset + op.length;
}

void OpEncoder::symbols(const PlannedOp& op) {
  const bool add = op.kind == delta::Op::kAdd;
  auto& lanes = state_.model.byte[add ? 0 : 1];
  for (uint64_t i = 0; i < op.length; ++i) {
    const uint64_t at = op.target_offset + i;
    const unsigned from = add ? base_[op.base_offset + i] : 0u;
    tree(lanes[at % delta::kLanes], 8, (target_[at] - from) & 0xFFu);
  }
}

void OpEncoder::raw(const PlannedOp& op) {
  for (uint64_t i = 0; i < op.length; ++i) coder_.uncoded(target_[op.target_offset + i], 8);
}

}  // namespace flotilla::controller
