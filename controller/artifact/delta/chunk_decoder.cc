#include "controller/artifact/delta/chunk_decoder.h"

#include <algorithm>
#include <cmath>

#include "schemas/base/crc32c.h"
#include "schemas/protocol/delta/op_check.h"
#include "schemas/protocol/delta/range_decoder.h"
#include "schemas/protocol/delta/typed_run.h"

namespace flotilla::controller {
namespace {

using delta::Element;
using delta::Op;
using delta::OpHeader;
using delta::RangeDecoder;

constexpr Status malformed(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}

/// One chunk on its way out.
class Decoding {
 public:
  Decoding(Bytes base, uint64_t begin, MutableBytes output, Bytes coded, delta::ChunkModel& model)
      : base_(base),
        begin_(begin),
        output_(output),
        model_(model),
        input_(coded),
        syntax_(input_, *model.syntax, state_),
        bytes_(input_, model.bytes, history_) {}

  Status run(const ChunkDecoder::Observer& observer) {
    state_.cursor = begin_;
    while (made_ < output_.size()) {
      OpHeader op;
      const uint64_t before = begin_ + made_;
      const double used = bits_used();
      syntax_.op(op, begin_ + made_);
      if (syntax_.malformed()) return malformed("operation");
      const auto made = static_cast<uint32_t>(made_);
      const auto left = static_cast<uint32_t>(output_.size() - made_);
      FLOTILLA_TRY(delta::check_op(op, {left, made, base_.size(), model_.scales.size()}));
      produce(op);
      if (syntax_.malformed()) return malformed("scale");
      if (observer) observer(before, begin_ + made_, bits_used() - used);
    }
    return input_.exhausted() ? ok_status() : malformed("bytes left over");
  }

 private:
  /// Bits of input that everything decoded so far took, but for a constant.
  double bits_used() const {
    return -8.0 * static_cast<double>(input_.left()) - std::log2(input_.range());
  }

  void produce(const OpHeader& op) {
    if (is_typed(op.kind)) return numbers(op);
    if (op.kind == Op::kCopy) {
      copy(base_.subspan(op.base_offset, op.length), output_.subspan(made_));
      made_ += op.length;
      return;
    }
    for (uint32_t i = 0; i < op.length; ++i) {
      const uint8_t value = byte(op, i);
      output_[made_++] = value;
    }
  }

  uint8_t byte(const OpHeader& op, uint32_t i) {
    if (op.kind == Op::kRepeat) return output_[made_ - op.distance];
    if (op.kind == Op::kPatch) return bytes_.patched(begin_ + made_, base_[op.base_offset + i], 0);
    if (op.kind == Op::kRevise) {
      return bytes_.patched(begin_ + made_, output_[made_ - op.distance], 0);
    }
    if (op.kind == Op::kRaw) return static_cast<uint8_t>(input_.direct(8));
    return bytes_.literal(begin_ + made_, made_ == 0 ? uint8_t{0} : output_[made_ - 1], 0);
  }

  void numbers(const OpHeader& op) {
    const Element base = op.typed.predictor.base;
    const Element target = op.typed.predictor.target;
    delta::TypedRun<RangeDecoder> run(input_, syntax_, model_, op);
    for (uint32_t i = 0; i < op.length; ++i) {
      if (run.needs_factor()) run.factor(0);
      if (run.needs_grid()) run.grid(0);
      const uint64_t from = op.base_offset + uint64_t{i} * size_of(base);
      const uint32_t old =
          base == Element::kNone ? 0 : delta::load_element(base, base_.data() + from);
      delta::store_element(target, run.next(old, 0), output_.data() + made_);
      made_ += size_of(target);
    }
  }

  Bytes base_;
  uint64_t begin_;
  MutableBytes output_;
  delta::ChunkModel& model_;
  size_t made_ = 0;
  uint32_t history_ = 0;
  delta::SyntaxState state_;
  RangeDecoder input_;
  delta::SyntaxCoder<RangeDecoder> syntax_;
  delta::ByteCoder<RangeDecoder> bytes_;
};

Status check_base(Bytes base, const delta::ChunkHeader& header) {
  if (header.base_length == 0) return ok_status();
  if (uint64_t{header.base_begin} + header.base_length > base.size()) {
    return malformed("base range");
  }
  const Bytes range = base.subspan(header.base_begin, header.base_length);
  return crc32c(range) == header.base_checksum ? ok_status()
                                               : Status(Code::kDataLoss, "base bytes differ");
}

}  // namespace

ChunkDecoder::ChunkDecoder(uint32_t memory)
    : memory_(std::min(memory, delta::decoder_memory(delta::kLargeProfile)) / 8) {}

Status ChunkDecoder::decode(Bytes base, uint64_t output_offset, MutableBytes output, Bytes payload,
                            const Observer& observer) {
  delta::ChunkHeader header;
  if (!delta::read_chunk_header(payload, header)) return malformed("chunk header");
  if (delta::decoder_memory(header.profile) > memory_.size() * 8) {
    return malformed("the chunk needs more memory than was declared");
  }
  FLOTILLA_TRY(check_base(base, header));
  delta::ChunkModel model = delta::place(
      header.profile, {reinterpret_cast<uint8_t*>(memory_.data()), memory_.size() * 8});
  model.reset();
  FLOTILLA_TRY(Decoding(base, output_offset, output, payload, model).run(observer));
  return crc32c(output) == header.output_checksum
             ? ok_status()
             : Status(Code::kDataLoss, "the output is not what was encoded");
}

}  // namespace flotilla::controller
