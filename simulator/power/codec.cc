#include "simulator/power/codec.h"

#include "controller/artifact/delta/chunk_packer.h"

namespace flotilla::edge::test {
namespace {

using controller::PlannedOp;
using delta::Op;

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

}  // namespace

std::vector<uint8_t> encode_full(Bytes target, CodecRange range) {
  return pack({}, target, range, {controller::byte_op(Op::kLiteral, range.offset, range.length)});
}

std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range) {
  std::vector<PlannedOp> plan;
  const uint64_t end = range.offset + range.length;
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
