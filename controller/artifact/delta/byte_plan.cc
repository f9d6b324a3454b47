#include "controller/artifact/delta/byte_plan.h"

#include <algorithm>

#include "controller/artifact/delta/byte_parse.h"
#include "controller/artifact/delta/match_finder.h"

namespace flotilla::controller {
namespace {

using delta::Op;

constexpr int64_t kChangedByte = 9 * int64_t{price::kBit};
constexpr int64_t kSameByte = 2;
constexpr int64_t kOperations =
    9 * int64_t{price::kBit};        ///< what ending one operation for another costs
constexpr uint64_t kLongCopy = 512;  ///< equal bytes that are better copied than patched
constexpr uint64_t kMaxBridge = 48;  ///< other bytes between two runs of one patch

/// Joins runs that continue each other across a few other bytes into patches and revisions.
class Bridger {
 public:
  Bridger(Bytes base, Bytes target) : base_(base), target_(target) {}

  std::vector<ByteStep> run(const std::vector<ByteStep>& steps) {
    size_t i = 0;
    while (i < steps.size()) {
      if (steps[i].kind == Op::kLiteral) {
        out_.push_back(steps[i++]);
        continue;
      }
      const size_t last = last_of_cover(steps, i);
      const ByteStep& first = steps[i];
      emit(first, steps[last].target_offset + steps[last].length);
      i = last + 1;
    }
    return std::move(out_);
  }

 private:
  Bytes source(Op kind) const { return kind == Op::kCopy ? base_ : target_; }

  /// Last run of the cover that begins with steps[first].
  size_t last_of_cover(const std::vector<ByteStep>& steps, size_t first) const {
    size_t last = first;
    for (size_t k = first + 1; k < steps.size(); ++k) {
      const uint64_t begin = steps[last].target_offset + steps[last].length;
      if (steps[k].target_offset - begin > kMaxBridge) break;
      if (steps[k].kind != steps[first].kind) continue;
      const uint64_t diagonal = steps[first].from - steps[first].target_offset;
      if (steps[k].from - steps[k].target_offset != diagonal) break;
      if (!worth(steps[first].kind, begin, steps[k].target_offset, diagonal, k - last)) break;
      last = k;
    }
    return last;
  }

  /// Are the bytes in [begin, end) cheaper as changes than as `operations` of their own?
  bool worth(Op kind, uint64_t begin, uint64_t end, uint64_t diagonal, size_t operations) const {
    const Bytes old = source(kind);
    int64_t patched = 0;
    for (uint64_t at = begin; at < end; ++at) {
      patched += target_[at] == old[at + diagonal] ? kSameByte : kChangedByte;
    }
    const int64_t apart = static_cast<int64_t>(operations) * kOperations;
    return patched < static_cast<int64_t>((end - begin) * price::kLiteral) + apart;
  }

  /// From `first` to `end` along one diagonal: changes, and plain runs where long ones are equal.
  void emit(const ByteStep& first, uint64_t end) {
    const Op changed = first.kind == Op::kCopy ? Op::kPatch : Op::kRevise;
    const uint64_t begin = first.target_offset;
    uint64_t pending = begin;
    for (uint64_t at = begin; at < end;) {
      const uint64_t from = first.from + (at - begin);
      const uint64_t run = std::min(equal_run(source(first.kind), from, target_, at), end - at);
      if (run >= kLongCopy || run == end - begin) {
        push(changed, pending, at, first.from + (pending - begin));
        push(first.kind, at, at + run, from);
        pending = at + run;
      }
      at += std::max<uint64_t>(run, 1);
    }
    push(changed, pending, end, first.from + (pending - begin));
  }

  void push(Op kind, uint64_t begin, uint64_t end, uint64_t from) {
    if (begin < end) out_.push_back({kind, begin, end - begin, from});
  }

  Bytes base_;
  Bytes target_;
  std::vector<ByteStep> out_;
};

}  // namespace

std::vector<ByteStep> plan_bytes(Bytes base, const MatchFinder& old, Bytes target, uint64_t begin,
                                 uint64_t end) {
  return Bridger(base, target).run(parse_bytes(base, old, target, begin, end));
}

}  // namespace flotilla::controller
