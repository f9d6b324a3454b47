#include "simulator/power/codec.h"

#include "controller/artifact/delta/chunk_packer.h"

namespace flotilla::edge::test {
namespace {

using controller::PlannedOp;
using delta::Element;
using delta::Op;

constexpr uint64_t kTensor = 96;  ///< bytes of a run of numbers of one type

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

/// The range as numbers of all types in turn, by differences; rows and columns have sizes of their
/// own.
std::vector<PlannedOp> numbers(CodecRange range) {
  static constexpr Element kTypes[] = {Element::kHalf,  Element::kInt8,  Element::kSingle,
                                       Element::kBrain, Element::kInt16, Element::kInt32};
  std::vector<PlannedOp> plan;
  const uint64_t end = range.offset + range.length;
  uint64_t at = range.offset;
  for (size_t i = 0; end - at >= kTensor; ++i, at += kTensor) {
    PlannedOp op;
    op.target_offset = at;
    op.header.kind = Op::kTyped;
    op.header.base_offset = at;
    const Element type = kTypes[i % std::size(kTypes)];
    op.header.length = static_cast<uint32_t>(kTensor / size_of(type));
    op.header.typed.columns = 16;
    op.header.typed.predictor.target = op.header.typed.predictor.base = type;
    plan.push_back(std::move(op));
  }
  if (at < end) plan.push_back(controller::byte_op(Op::kPatch, at, end - at, at));
  return plan;
}

}  // namespace

std::vector<uint8_t> encode_full(Bytes target, CodecRange range) {
  return pack({}, target, range, {controller::byte_op(Op::kLiteral, range.offset, range.length)});
}

std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range) {
  std::vector<PlannedOp> plan;
  const uint64_t end = range.offset + range.length;
  if (base.size() == target.size()) return pack(base, target, range, numbers(range));
  for (uint64_t at = range.offset; at < end; ++at) {
    Op kind = Op::kLiteral;
    if (at < base.size()) kind = base[at] == target[at] ? Op::kCopy : Op::kPatch;
    if (plan.empty() || plan.back().header.kind != kind) {
      plan.push_back(controller::byte_op(kind, at, 0, at));
    }
    ++plan.back().header.length;
  }
  return pack(base, target, range, std::move(plan));
}

}  // namespace flotilla::edge::test
