#include "controller/artifact/chunk_packer.h"

#include <algorithm>

#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

uint64_t end_of(const PlannedOp& op) {
  return op.target_offset + op.length;
}

/// The part of `op` inside [begin, end).
PlannedOp slice(const PlannedOp& op, uint64_t begin, uint64_t end) {
  const uint64_t from = std::max(begin, op.target_offset);
  const uint64_t to = std::min(end, end_of(op));
  const bool has_base = op.kind == delta::Op::kCopy || op.kind == delta::Op::kAdd;
  return {op.kind, from, to - from, has_base ? op.base_offset + (from - op.target_offset) : 0};
}

/// Bytes that a kRaw op costs besides its content, at most: two trees (8 probabilities that are at
/// worst 15 / 2048), 18 bits of length, rounding.
constexpr uint64_t kRawOverhead = 12;

PlannedOp whole(delta::Op kind, uint64_t begin, uint64_t end) {
  return {kind, begin, end - begin, 0};
}

}  // namespace

std::vector<EncodedChunk> ChunkPacker::pack(const std::atomic<bool>& cancel) {
  std::vector<EncodedChunk> chunks;
  for (uint64_t begin = 0; begin < target_.size();) {
    if (cancel.load(std::memory_order_relaxed)) return {};
    chunks.push_back(pack_one(begin));
    begin += chunks.back().output_length;
  }
  return chunks;
}

EncodedChunk ChunkPacker::pack_one(uint64_t begin) {
  EncodedChunk chunk;
  chunk.output_offset = begin;
  OpEncoder encoder(base_, target_, begin, chunk.payload);
  const uint64_t most = begin + kMaxChunkOutput / limits_.erase_unit * limits_.erase_unit;
  const uint64_t last = std::min<uint64_t>(most, target_.size());
  uint64_t end = begin;
  while (end < last) {
    const OpEncoder::State before = encoder.save();
    const uint64_t step = next_step(end, last);
    encode_step(encoder, end, step);
    if (encoder.size_bound() > limits_.chunk_max) {
      encoder.restore(before);
      break;
    }
    end = step;
  }
  FLOTILLA_ASSERT(end > begin);  // one unit always fits: check_limits()
  encoder.finish();
  chunk.output_length = static_cast<uint32_t>(end - begin);
  return chunk;
}

/// One erase unit, or as many whole ones as the copy at `begin` covers.
uint64_t ChunkPacker::next_step(uint64_t begin, uint64_t most) {
  while (end_of(plan_[current_]) <= begin) ++current_;
  const uint64_t unit = limits_.erase_unit;
  uint64_t units = 1;
  if (plan_[current_].kind == delta::Op::kCopy) {
    units = std::max<uint64_t>(1, (end_of(plan_[current_]) - begin) / unit);
  }
  return std::min(most, begin + units * unit);
}

void ChunkPacker::encode_step(OpEncoder& encoder, uint64_t begin, uint64_t end) {
  if (copies_only(begin, end)) return encode_plan(encoder, begin, end);
  const OpEncoder::State before = encoder.save();
  const size_t size = encoder.size_bound();
  encoder.encode(whole(delta::Op::kLiteral, begin, end));
  const size_t literal = encoder.size_bound() - size;
  size_t best = literal;
  const bool planned = plan_[current_].kind != delta::Op::kLiteral || end_of(plan_[current_]) < end;
  if (planned) {
    encoder.restore(before);
    encode_plan(encoder, begin, end);
    best = encoder.size_bound() - size;
  }
  const uint64_t raw = end - begin + kRawOverhead;
  if (best <= raw && best <= literal) return;
  encoder.restore(before);
  encoder.encode(whole(literal <= raw ? delta::Op::kLiteral : delta::Op::kRaw, begin, end));
}

void ChunkPacker::encode_plan(OpEncoder& encoder, uint64_t begin, uint64_t end) {
  for (size_t i = current_; i < plan_.size() && plan_[i].target_offset < end; ++i) {
    encoder.encode(slice(plan_[i], begin, end));
  }
}

bool ChunkPacker::copies_only(uint64_t begin, uint64_t end) const {
  return plan_[current_].kind == delta::Op::kCopy && plan_[current_].target_offset <= begin &&
         end_of(plan_[current_]) >= end;
}

}  // namespace flotilla::controller
