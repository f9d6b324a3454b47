#include "edge-client/core/applier.h"

#include <algorithm>

#include "schemas/base/assert.h"
#include "schemas/protocol/delta/op_check.h"
#include "schemas/protocol/delta/typed_run.h"

namespace flotilla::edge {
namespace {

using delta::Element;
using delta::Op;
using delta::OpHeader;

constexpr Status malformed(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}

MutableBytes window(MutableBytes memory, int index) {
  const size_t end = (memory.size() - static_cast<size_t>(index) * delta::kWindowSize) / 8 * 8;
  return memory.subspan(end - delta::kWindowSize, delta::kWindowSize);
}

}  // namespace

Applier::Applier(SlotStorage& storage, MutableBytes memory)
    : memory_(memory.first(memory.size() / 8 * 8 - 2 * delta::kWindowSize)),
      base_(storage, window(memory, 0)),
      output_(storage, window(memory, 1)) {
  FLOTILLA_ASSERT(memory.size() >= delta::decoder_memory(delta::kSmallProfile));
}

Status Applier::run(const ApplyJob& job, Bytes payload) {
  job_ = job;
  produced_ = 0;
  previous_ = 0;
  base_.open(job.model, job.base, job.base_size);
  output_.open(job.model, job.target, job.output_offset);
  delta::ChunkHeader header;
  if (!delta::read_chunk_header(payload, header)) return malformed("chunk header");
  FLOTILLA_TRY(check_header(header));
  model_ = delta::place(header.profile, memory_);
  model_.reset();
  RangeDecoder input(payload);
  delta::SyntaxState state;
  Syntax syntax(input, *model_.syntax, state);
  uint32_t history = 0;
  ByteCoder bytes(input, model_.bytes, history);
  state.cursor = job.output_offset;
  while (produced_ < job_.output_length) {
    OpHeader op;
    syntax.op(op, position());
    if (syntax.malformed()) return malformed("operation");
    FLOTILLA_TRY(delta::check_op(
        op, {job_.output_length - produced_, produced_, job_.base_size, model_.scales.size()}));
    FLOTILLA_TRY(produce(input, syntax, bytes, op));
    if (syntax.malformed()) return malformed("scale");
  }
  FLOTILLA_TRY(output_.flush());
  return input.exhausted() ? ok_status() : malformed("bytes left over");
}

Status Applier::check_header(const delta::ChunkHeader& header) {
  if (delta::model_size(header.profile) > memory_.size()) {
    return malformed("the chunk needs more memory than was declared");
  }
  checksum_ = header.output_checksum;
  if (header.base_length == 0) return ok_status();
  if (uint64_t{header.base_begin} + header.base_length > job_.base_size)
    return malformed("base range");
  uint32_t found = 0;
  FLOTILLA_TRY(base_.checksum(header.base_begin, header.base_length, found));
  return found == header.base_checksum ? ok_status() : Status(Code::kDataLoss, "base bytes differ");
}

Status Applier::produce(RangeDecoder& input, Syntax& syntax, ByteCoder& bytes, const OpHeader& op) {
  switch (op.kind) {
    case Op::kCopy:
      return copy_run(op);
    case Op::kRepeat:
      return repeat_run(op);
    case Op::kPatch:
    case Op::kLiteral:
    case Op::kRaw:
    case Op::kRevise:
      return byte_run(input, bytes, op);
    case Op::kTyped:
    case Op::kCast:
      return typed_run(input, syntax, op);
  }
  return malformed("operation");
}

Status Applier::copy_run(const OpHeader& op) {
  uint64_t from = op.base_offset;
  for (uint32_t left = op.length; left > 0;) {
    Bytes part;
    FLOTILLA_TRY(base_.at(from, 1, part));
    part = part.first(std::min<size_t>(part.size(), left));
    FLOTILLA_TRY(put(part));
    from += part.size();
    left -= static_cast<uint32_t>(part.size());
  }
  return ok_status();
}

Status Applier::repeat_run(const OpHeader& op) {
  uint8_t buffer[64];
  for (uint32_t left = op.length; left > 0;) {
    const MutableBytes part(buffer, std::min<uint32_t>({left, op.distance, sizeof buffer}));
    FLOTILLA_TRY(output_.back(position() - op.distance, part));
    FLOTILLA_TRY(put(part));
    left -= static_cast<uint32_t>(part.size());
  }
  return ok_status();
}

Status Applier::byte_run(RangeDecoder& input, ByteCoder& bytes, const OpHeader& op) {
  for (uint32_t i = 0; i < op.length; ++i) {
    uint8_t byte = 0;
    if (op.kind == Op::kPatch) {
      Bytes old;
      FLOTILLA_TRY(base_.at(op.base_offset + i, 1, old));
      byte = bytes.patched(position(), old[0], 0);
    } else if (op.kind == Op::kRevise) {
      FLOTILLA_TRY(output_.back(position() - op.distance, {&byte, 1}));
      byte = bytes.patched(position(), byte, 0);
    } else if (op.kind == Op::kLiteral) {
      byte = bytes.literal(position(), previous_, 0);
    } else {
      byte = static_cast<uint8_t>(input.direct(8));
    }
    FLOTILLA_TRY(put({&byte, 1}));
  }
  return ok_status();
}

Status Applier::typed_run(RangeDecoder& input, Syntax& syntax, const OpHeader& op) {
  const Element base = op.typed.predictor.base;
  const Element target = op.typed.predictor.target;
  delta::TypedRun<RangeDecoder> run(input, syntax, model_, op);
  for (uint32_t i = 0; i < op.length; ++i) {
    if (run.needs_factor()) run.factor(0);
    if (run.needs_grid()) run.grid(0);
    uint32_t old = 0;
    if (base != Element::kNone) {
      Bytes bytes;
      FLOTILLA_TRY(base_.at(op.base_offset + uint64_t{i} * size_of(base), size_of(base), bytes));
      old = delta::load_element(base, bytes.data());
    }
    uint8_t bytes[4];
    delta::store_element(target, run.next(old, 0), bytes);
    FLOTILLA_TRY(put({bytes, size_of(target)}));
  }
  return ok_status();
}

Status Applier::put(Bytes bytes) {
  previous_ = bytes.back();
  produced_ += static_cast<uint32_t>(bytes.size());
  return output_.put(bytes);
}

Status Applier::verify_output() {
  uint32_t found = 0;
  FLOTILLA_TRY(output_.checksum(found));
  return found == checksum_ ? ok_status()
                            : Status(Code::kDataLoss, "the storage returns other bytes");
}

}  // namespace flotilla::edge
