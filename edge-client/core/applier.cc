#include "edge-client/core/applier.h"

#include <algorithm>
#include <new>

#include "schemas/base/assert.h"

namespace flotilla::edge {
namespace {

constexpr bool uses_base(delta::Op kind) {
  return kind == delta::Op::kCopy || kind == delta::Op::kAdd;
}

constexpr Status malformed(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}

}  // namespace

Applier::Applier(SlotStorage& storage, MutableBytes memory, uint32_t window)
    : storage_(storage),
      model_(*new (memory.data()) delta::Model),
      base_window_(memory.subspan(sizeof(delta::Model), window)),
      output_window_(memory.subspan(sizeof(delta::Model) + window, window)) {
  FLOTILLA_ASSERT(window > 0 && memory.size() >= sizeof(delta::Model) + 2 * window);
}

Status Applier::run(const ApplyJob& job, Bytes payload) {
  job_ = job;
  cursor_ = static_cast<int64_t>(job.output_offset);
  produced_ = 0;
  buffered_ = 0;
  window_size_ = 0;
  model_.reset();
  RangeDecoder input(payload);
  delta::Op previous = delta::Op::kCopy;
  while (produced_ < job_.output_length) {
    Operation operation{};
    FLOTILLA_TRY(next_operation(input, previous, operation));
    FLOTILLA_TRY(produce(input, operation));
    previous = operation.kind;
  }
  FLOTILLA_TRY(flush());
  return input.exhausted() ? ok_status() : malformed("bytes left over");
}

bool Applier::read_number(RangeDecoder& input, uint16_t* width_tree, uint64_t& out) {
  const uint32_t width = input.tree(width_tree, delta::kWidthBits);
  if (width > delta::kMaxWidth) return false;
  out = uint64_t{1} << width | input.direct(width);
  return true;
}

Status Applier::next_operation(RangeDecoder& input, delta::Op previous, Operation& out) {
  uint16_t* kinds = model_.op[static_cast<size_t>(previous)];
  out.kind = static_cast<delta::Op>(input.tree(kinds, delta::kOpBits));
  uint64_t length = 0;
  if (!read_number(input, model_.length_width, length) || length > job_.output_length - produced_) {
    return malformed("operation exceeds the output range");
  }
  out.length = static_cast<uint32_t>(length);
  if (uses_base(out.kind)) {
    uint64_t distance = 0;
    if (!read_number(input, model_.distance_width, distance)) return malformed("distance");
    const int64_t offset = cursor_ + delta::unzigzag(distance - 1);
    const int64_t last = static_cast<int64_t>(job_.base_size) - static_cast<int64_t>(length);
    if (offset < 0 || offset > last) return malformed("operation exceeds the base");
    out.base_offset = static_cast<uint64_t>(offset);
    cursor_ = offset;
  }
  cursor_ += out.length;
  return ok_status();
}

Status Applier::produce(RangeDecoder& input, const Operation& operation) {
  if (operation.kind == delta::Op::kCopy) return copy_run(operation);
  const bool add = operation.kind == delta::Op::kAdd;
  const bool raw = operation.kind == delta::Op::kRaw;
  auto& lanes = model_.byte[add ? 0 : 1];
  for (uint32_t i = 0; i < operation.length; ++i) {
    const uint64_t position = job_.output_offset + produced_;
    uint32_t byte = raw ? input.direct(8) : input.tree(lanes[position % delta::kLanes], 8);
    if (add) {
      Bytes base;
      FLOTILLA_TRY(base_at(operation.base_offset + i, base));
      byte += base[0];
    }
    FLOTILLA_TRY(put(static_cast<uint8_t>(byte)));
  }
  return ok_status();
}

Status Applier::copy_run(Operation operation) {
  while (operation.length > 0) {
    Bytes base;
    FLOTILLA_TRY(base_at(operation.base_offset, base));
    const size_t room = output_window_.size() - buffered_;
    const size_t size = std::min({base.size(), room, size_t{operation.length}});
    copy(base.first(size), output_window_.subspan(buffered_));
    buffered_ += static_cast<uint32_t>(size);
    produced_ += static_cast<uint32_t>(size);
    operation.base_offset += size;
    operation.length -= static_cast<uint32_t>(size);
    if (buffered_ == output_window_.size()) FLOTILLA_TRY(flush());
  }
  return ok_status();
}

Status Applier::put(uint8_t byte) {
  output_window_[buffered_++] = byte;
  ++produced_;
  return buffered_ == output_window_.size() ? flush() : ok_status();
}

Status Applier::flush() {
  if (buffered_ == 0) return ok_status();
  const uint64_t at = job_.output_offset + produced_ - buffered_;
  const Bytes bytes = output_window_.first(buffered_);
  buffered_ = 0;
  return storage_.write(job_.model, job_.target, at, bytes);
}

Status Applier::base_at(uint64_t offset, Bytes& out) {
  if (offset < window_offset_ || offset >= window_offset_ + window_size_) {
    const uint64_t rest = job_.base_size - offset;
    const size_t size = std::min<uint64_t>(base_window_.size(), rest);
    window_size_ = 0;
    FLOTILLA_TRY(storage_.read(job_.model, job_.base, offset, base_window_.first(size)));
    window_offset_ = offset;
    window_size_ = static_cast<uint32_t>(size);
  }
  out = base_window_.subspan(offset - window_offset_, window_offset_ + window_size_ - offset);
  return ok_status();
}

}  // namespace flotilla::edge
