#include "simulator/power/codec.h"

#include <algorithm>

#include "controller/artifact/delta/chunk_packer.h"

namespace flotilla::edge::test {
namespace {

using controller::PlannedOp;
using delta::Element;
using delta::Op;

constexpr uint64_t kPiece = 96;  ///< bytes of one kind of content

std::vector<uint8_t> pack(Bytes base, Bytes target, CodecRange range,
                          std::vector<PlannedOp> operations) {
  controller::DeltaPlan plan;
  plan.tensors = std::move(operations);
  plan.structure = std::make_shared<controller::StructurePlanner>(
      base, std::vector<controller::Span>(), target,
      std::vector<controller::Span>{{0, target.size()}});
  controller::PayloadLimits limits;
  limits.chunk_max = kChunkMaxLimit;
  limits.erase_unit = 1;
  const std::atomic<bool> go_on{false};
  const auto chunks = controller::ChunkPacker(base, target, plan, limits)
                          .pack(range.offset, range.offset + range.length, go_on);
  const Bytes payload = as_bytes(chunks.at(0).payload);
  return {payload.begin(), payload.end()};
}

/// Numbers of one type by their differences, in columns with sizes of their own.
void add_numbers(uint64_t at, Element type, std::vector<PlannedOp>& plan) {
  PlannedOp op;
  op.target_offset = at;
  op.header.kind = Op::kTyped;
  op.header.base_offset = at;
  op.header.length = static_cast<uint32_t>(kPiece / size_of(type));
  op.header.typed.columns = 16;
  op.header.typed.predictor.target = op.header.typed.predictor.base = type;
  plan.push_back(std::move(op));
}

/// Copies of what is equal at the same offset, patches of the rest, literals beyond the base.
void add_bytes(Bytes base, Bytes target, uint64_t begin, uint64_t end,
               std::vector<PlannedOp>& plan) {
  for (uint64_t at = begin; at < end; ++at) {
    Op kind = Op::kLiteral;
    if (at < base.size()) kind = base[at] == target[at] ? Op::kCopy : Op::kPatch;
    if (at == begin || plan.back().header.kind != kind) {
      plan.push_back(controller::byte_op(kind, at, 0, at));
    }
    ++plan.back().header.length;
  }
}

}  // namespace

std::vector<uint8_t> encode_full(Bytes target, CodecRange range) {
  return pack({}, target, range, {controller::byte_op(Op::kLiteral, range.offset, range.length)});
}

std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range) {
  static constexpr Element kTypes[] = {Element::kHalf,  Element::kInt8,  Element::kSingle,
                                       Element::kBrain, Element::kInt16, Element::kInt32};
  std::vector<PlannedOp> plan;
  const uint64_t end = range.offset + range.length;
  size_t piece = 0;
  for (uint64_t at = range.offset; at < end; at += kPiece, ++piece) {
    const uint64_t stop = std::min(at + kPiece, end);
    if (piece % 2 == 1 && stop - at == kPiece && stop <= base.size()) {
      add_numbers(at, kTypes[piece / 2 % std::size(kTypes)], plan);
    } else {
      add_bytes(base, target, at, stop, plan);
    }
  }
  return pack(base, target, range, std::move(plan));
}

}  // namespace flotilla::edge::test
