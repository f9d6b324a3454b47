#include "controller/artifact/delta/base_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace flotilla::controller {
namespace {

constexpr unsigned kMaxChain = 8;
constexpr unsigned kMinTableBits = 10;
constexpr unsigned kMaxTableBits = 26;

uint64_t load_window(const uint8_t* bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

Match extend(Bytes base, Bytes target, uint64_t from, uint64_t at, uint64_t floor) {
  uint64_t back = 0;
  while (back < from && at - back > floor && base[from - back - 1] == target[at - back - 1]) ++back;
  uint64_t ahead = BaseIndex::kWindow;
  const uint64_t most = std::min(base.size() - from, target.size() - at);
  while (ahead < most && base[from + ahead] == target[at + ahead]) ++ahead;
  return {at - back, from - back, back + ahead};
}

}  // namespace

BaseIndex::BaseIndex(Bytes base) : base_(base) {
  const size_t windows = base.size() < kWindow ? 0 : (base.size() - kWindow) / kStride + 1;
  const unsigned bits =
      std::clamp(static_cast<unsigned>(std::bit_width(windows)), kMinTableBits, kMaxTableBits);
  shift_ = 64 - bits;
  heads_.assign(size_t{1} << bits, 0);
  next_.assign(windows, 0);
  uint64_t previous = 0;
  for (size_t i = 0; i < windows; ++i) {
    const uint64_t window = load_window(base.data() + i * kStride);
    if (i > 0 && window == previous) continue;  // a run: its first window stands for it
    previous = window;
    uint32_t& head = heads_[slot(base.data() + i * kStride)];
    next_[i] = head;
    head = static_cast<uint32_t>(i) + 1;
  }
}

Match BaseIndex::find(Bytes target, uint64_t at, uint64_t floor, int64_t preferred) const {
  Match best;
  if (next_.empty() || target.size() - at < kWindow) return best;
  const uint64_t wanted = load_window(target.data() + at);
  uint32_t entry = heads_[slot(target.data() + at)];
  for (unsigned step = 0; entry != 0 && step < kMaxChain; ++step, entry = next_[entry - 1]) {
    const uint64_t from = uint64_t{entry - 1} * kStride;
    if (load_window(base_.data() + from) != wanted) continue;
    const Match match = extend(base_, target, from, at, floor);
    const bool tie = match.length == best.length && match.diagonal() == preferred;
    if (match.length > best.length || tie) best = match;
  }
  return best;
}

uint32_t BaseIndex::slot(const uint8_t* window) const {
  return static_cast<uint32_t>((load_window(window) * 0x9E3779B97F4A7C15u) >> shift_);
}

}  // namespace flotilla::controller
