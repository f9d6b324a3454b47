#include "controller/artifact/delta/match_finder.h"

#include <algorithm>
#include <bit>

namespace flotilla::controller {

MatchFinder::MatchFinder(Bytes text, uint32_t stride) : text_(text), stride_(stride) {
  const uint64_t windows = text.size() / stride + 1;
  const int bits = std::clamp(static_cast<int>(std::bit_width(windows)) - 1, 8, 24);
  shift_ = static_cast<unsigned>(64 - bits);
  heads_.assign(size_t{1} << bits, 0);
  next_.assign(windows, 0);
}

uint32_t MatchFinder::slot(const uint8_t* bytes) const {
  const uint64_t word = load_u32_le(bytes) | uint64_t{bytes[4]} << 32;
  return static_cast<uint32_t>((word * 0x9E3779B97F4A7C15u) >> shift_);
}

void MatchFinder::add_until(uint64_t end) {
  if (text_.size() < kWindow) return;
  end = std::min<uint64_t>(end, text_.size() - kWindow + 1);
  for (; added_ < end; added_ += stride_) {
    const uint32_t window = static_cast<uint32_t>(added_ / stride_);
    uint32_t& head = heads_[slot(text_.data() + added_)];
    next_[window] = head;
    head = window + 1;
  }
}

Match MatchFinder::find(Bytes pattern, uint64_t at, uint64_t expected) const {
  Match best;
  if (at + kWindow > pattern.size()) return best;
  uint32_t window = heads_[slot(pattern.data() + at)];
  for (int i = 0; i < kDepth && window != 0; ++i) {
    const uint64_t offset = uint64_t{window - 1} * stride_;
    window = next_[window - 1];
    const uint64_t length = equal_run(text_, offset, pattern, at);
    if (length < kWindow || length < best.length) continue;
    const auto distance = [expected](uint64_t from) {
      return from > expected ? from - expected : expected - from;
    };
    if (length == best.length && distance(offset) >= distance(best.offset)) continue;
    best = {offset, length};
  }
  return best;
}

uint64_t equal_run(Bytes a, uint64_t i, Bytes b, uint64_t k) {
  if (i > a.size() || k > b.size()) return 0;
  const uint64_t most = std::min(a.size() - i, b.size() - k);
  uint64_t run = 0;
  for (; run + 8 <= most; run += 8) {
    const uint64_t differ = load_u64_le(a.data() + i + run) ^ load_u64_le(b.data() + k + run);
    if (differ != 0) return run + static_cast<uint64_t>(std::countr_zero(differ)) / 8;
  }
  while (run < most && a[i + run] == b[k + run]) ++run;
  return run;
}

}  // namespace flotilla::controller
