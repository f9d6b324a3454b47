#include "controller/artifact/delta/planned_op.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

using delta::Op;

PlannedOp part_of_bytes(const PlannedOp& op, uint64_t begin, uint64_t end) {
  PlannedOp part = op;
  part.target_offset = begin;
  part.header.length = static_cast<uint32_t>(end - begin);
  part.header.base_offset += begin - op.target_offset;
  return part;
}

PlannedOp part_of_elements(const PlannedOp& op, uint32_t first, uint32_t count) {
  const delta::TypedTerms& typed = op.header.typed;
  PlannedOp part = op;
  part.target_offset += uint64_t{first} * size_of(typed.predictor.target);
  part.header.base_offset += uint64_t{first} * size_of(typed.predictor.base);
  part.header.length = count;
  const uint64_t place = uint64_t{op.header.phase} + first;
  part.header.phase = static_cast<uint32_t>(place % typed.period());
  if (typed.by_row()) part.first_row += static_cast<uint32_t>(place / typed.period());
  return part;
}

}  // namespace

uint32_t PlannedOp::factor(uint32_t i) const {
  const uint32_t place = header.phase + i;
  const uint32_t period = header.typed.period();
  return (*factors)[header.typed.by_row() ? first_row + place / period : place % period];
}

int32_t PlannedOp::grid(uint32_t i) const {
  const delta::TypedTerms& typed = header.typed;
  return (*grids)[typed.by_row() ? first_row + (header.phase + i) / typed.period() : 0];
}

std::vector<PlannedOp> slice(const PlannedOp& op, uint64_t begin, uint64_t end) {
  begin = std::max(begin, op.target_offset);
  end = std::min(end, op.end());
  if (!is_typed(op.header.kind)) return {part_of_bytes(op, begin, end)};
  const uint64_t width = size_of(op.header.typed.predictor.target);
  const uint64_t first = (begin - op.target_offset + width - 1) / width;
  const uint64_t last = (end - op.target_offset) / width;
  std::vector<PlannedOp> parts;
  const uint64_t head = op.target_offset + first * width;
  const uint64_t tail = op.target_offset + last * width;
  if (first > last) return {byte_op(Op::kLiteral, begin, end - begin)};
  if (head > begin) parts.push_back(byte_op(Op::kLiteral, begin, head - begin));
  if (last > first) {
    parts.push_back(
        part_of_elements(op, static_cast<uint32_t>(first), static_cast<uint32_t>(last - first)));
  }
  if (end > tail) parts.push_back(byte_op(Op::kLiteral, tail, end - tail));
  return parts;
}

PlannedOp byte_op(Op kind, uint64_t offset, uint64_t length, uint64_t base_offset) {
  PlannedOp op;
  op.header.kind = kind;
  op.header.length = static_cast<uint32_t>(length);
  op.header.base_offset = base_offset;
  op.target_offset = offset;
  return op;
}

}  // namespace flotilla::controller
