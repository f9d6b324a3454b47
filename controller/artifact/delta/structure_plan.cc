#include "controller/artifact/delta/structure_plan.h"

#include <algorithm>

#include "controller/artifact/delta/byte_plan.h"

namespace flotilla::controller {
namespace {

using delta::Op;

/// The bytes of a file outside some spans, joined: model files keep their structure in many small
/// pieces between tensors, and a piece finds its likeness best among the other pieces.
class Remainder {
 public:
  Remainder(Bytes file, const std::vector<Span>& taken) {
    uint64_t at = 0;
    for (const Span& span : taken) {
      add(file, at, span.begin);
      at = std::max(at, span.end);
    }
    add(file, at, file.size());
  }

  Bytes bytes() const { return joined_; }

  /// Offset in the file, and how many bytes from there on are contiguous in it.
  Span locate(uint64_t joined) const {
    const auto next = std::upper_bound(
        starts_.begin(), starts_.end(), joined,
        [](uint64_t offset, const Start& start) { return offset < start.joined; });
    const Start& start = *(next - 1);
    const uint64_t end = next == starts_.end() ? joined_.size() : next->joined;
    const uint64_t from = start.file + (joined - start.joined);
    return {from, from + (end - joined)};
  }

 private:
  struct Start {
    uint64_t joined;
    uint64_t file;
  };

  void add(Bytes file, uint64_t begin, uint64_t end) {
    if (begin >= end) return;
    starts_.push_back({joined_.size(), begin});
    joined_.insert(joined_.end(), file.begin() + static_cast<int64_t>(begin),
                   file.begin() + static_cast<int64_t>(end));
  }

  std::vector<uint8_t> joined_;
  std::vector<Start> starts_;
};

/// Appends `step`, whose offsets are those of joined bytes, cut where the files' bytes part.
void translate(const ByteStep& step, const Remainder& base, const Remainder& target,
               std::vector<PlannedOp>& out) {
  for (uint64_t done = 0; done < step.length;) {
    const Span to = target.locate(step.target_offset + done);
    uint64_t size = std::min(step.length - done, to.end - to.begin);
    uint64_t from = 0;
    if (step.kind == Op::kCopy || step.kind == Op::kPatch) {
      const Span source = base.locate(step.base_offset + done);
      size = std::min(size, source.end - source.begin);
      from = source.begin;
    }
    out.push_back(byte_op(step.kind, to.begin, size, from));
    done += size;
  }
}

}  // namespace

DeltaPlan with_structure(Bytes base, std::vector<Span> used, Bytes target,
                         const std::vector<Span>& planned, DeltaPlan plan,
                         const std::atomic<bool>& cancel) {
  std::sort(used.begin(), used.end(),
            [](const Span& a, const Span& b) { return a.begin < b.begin; });
  const Remainder old(base, used);
  const Remainder now(target, planned);
  if (!now.bytes().empty()) {
    const std::vector<ByteStep> steps = plan_bytes(old.bytes(), now.bytes(), cancel);
    if (steps.empty()) return {};
    for (const ByteStep& step : steps) translate(step, old, now, plan.ops);
  }
  std::sort(plan.ops.begin(), plan.ops.end(), [](const PlannedOp& a, const PlannedOp& b) {
    return a.target_offset < b.target_offset;
  });
  return plan;
}

}  // namespace flotilla::controller
