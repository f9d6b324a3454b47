#include "controller/artifact/delta/structure_plan.h"

#include <algorithm>

#include "controller/artifact/delta/byte_plan.h"

namespace flotilla::controller {
namespace {

using delta::Op;

/// Distance of the positions of the base that are indexed: what bounds the index's memory.
uint32_t stride_for(uint64_t base_size) {
  constexpr uint64_t kMiB = 1u << 20;
  if (base_size <= 2 * kMiB) return 1;
  if (base_size <= 4 * kMiB) return 2;
  return base_size <= 64 * kMiB ? 4 : 16;
}

std::vector<Span> sorted(std::vector<Span> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  return spans;
}

/// Appends `step`, whose offsets are those of joined bytes, cut where the files' bytes part.
void translate(const ByteStep& step, const Remainder& base, const Remainder& target,
               std::vector<PlannedOp>& out) {
  for (uint64_t done = 0; done < step.length;) {
    const Span to = target.locate(step.target_offset + done);
    uint64_t size = std::min(step.length - done, to.end - to.begin);
    Span source;
    if (looks_back(step.kind)) source = target.locate(step.from + done);
    if (step.kind == Op::kCopy || step.kind == Op::kPatch) source = base.locate(step.from + done);
    if (source.end != 0) size = std::min(size, source.end - source.begin);
    PlannedOp op = byte_op(step.kind, to.begin, size, source.begin);
    if (looks_back(step.kind)) {
      op.header.base_offset = 0;
      op.header.distance = static_cast<uint32_t>(to.begin - source.begin);
    }
    out.push_back(std::move(op));
    done += size;
  }
}

}  // namespace

Remainder::Remainder(Bytes file, const std::vector<Span>& taken) {
  uint64_t at = 0;
  for (const Span& span : taken) {
    add(at, span.begin);
    at = std::max(at, span.end);
  }
  add(at, file.size());
  join(file);
}

void Remainder::add(uint64_t begin, uint64_t end) {
  if (begin >= end) return;
  const uint64_t joined = pieces_.empty() ? 0 : pieces_.back().joined + pieces_.back().size;
  pieces_.push_back({joined, begin, end - begin});
}

void Remainder::join(Bytes file) {
  if (pieces_.size() == 1) bytes_ = file.subspan(pieces_[0].file, pieces_[0].size);
  if (pieces_.size() <= 1) return;
  joined_.reserve(pieces_.back().joined + pieces_.back().size);
  for (const Piece& piece : pieces_) {
    const Bytes part = file.subspan(piece.file, piece.size);
    joined_.insert(joined_.end(), part.begin(), part.end());
  }
  bytes_ = joined_;
}

Span Remainder::locate(uint64_t joined) const {
  const auto next =
      std::upper_bound(pieces_.begin(), pieces_.end(), joined,
                       [](uint64_t offset, const Piece& piece) { return offset < piece.joined; });
  const Piece& piece = *(next - 1);
  return {piece.file + (joined - piece.joined), piece.file + piece.size};
}

uint64_t Remainder::joined_before(uint64_t offset) const {
  const auto next =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                       [](uint64_t at, const Piece& piece) { return at < piece.file; });
  if (next == pieces_.begin()) return 0;
  const Piece& piece = *(next - 1);
  return piece.joined + std::min(offset - piece.file, piece.size);
}

StructurePlanner::StructurePlanner(Bytes base, std::vector<Span> used, Bytes target,
                                   const std::vector<Span>& planned)
    : base_(base, sorted(std::move(used))),
      target_(target, planned),
      finder_(base_.bytes(), stride_for(base_.bytes().size())) {
  finder_.add_until(base_.bytes().size());
}

std::vector<PlannedOp> StructurePlanner::plan(uint64_t begin, uint64_t end) const {
  std::vector<PlannedOp> ops;
  const uint64_t from = target_.joined_before(begin);
  const uint64_t to = target_.joined_before(end);
  if (from == to) return ops;
  for (const ByteStep& step : plan_bytes(base_.bytes(), finder_, target_.bytes(), from, to)) {
    translate(step, base_, target_, ops);
  }
  return ops;
}

}  // namespace flotilla::controller
