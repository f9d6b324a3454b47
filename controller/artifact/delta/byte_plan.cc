#include "controller/artifact/delta/byte_plan.h"

#include <algorithm>

#include "controller/artifact/delta/cell_path.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kCopyWorth = 28 * kOneBit;  ///< price of leaving an addition for a copy and back

uint64_t price(const Prices& prices, const Stretch& stretch, uint64_t at) {
  return stretch.diagonal ? prices.add(at, *stretch.diagonal) : prices.literal(at);
}

/// Moves the border between two stretches by up to a cell to where the sum is lowest.
void settle_border(const Prices& prices, Stretch& left, Stretch& right) {
  const uint64_t first = std::max(left.begin, left.end - std::min(left.end, kPlanCell));
  const uint64_t last = std::min(right.end, right.begin + kPlanCell);
  uint64_t sum = 0;
  for (uint64_t at = first; at < last; ++at) sum += price(prices, right, at);
  uint64_t lowest = sum;
  uint64_t border = first;
  for (uint64_t at = first; at < last; ++at) {
    sum += price(prices, left, at);
    sum -= price(prices, right, at);
    if (sum >= lowest) continue;
    lowest = sum;
    border = at + 1;
  }
  left.end = right.begin = border;
}

class Operations {
 public:
  Operations(const Prices& prices, std::vector<ByteStep>& out) : prices_(prices), out_(out) {}

  void append(const Stretch& stretch) {
    if (stretch.begin == stretch.end) return;
    if (stretch.diagonal) {
      along(stretch, *stretch.diagonal);
    } else {
      push(delta::Op::kLiteral, stretch.begin, stretch.end, 0);
    }
  }

 private:
  void push(delta::Op kind, uint64_t begin, uint64_t end, int64_t diagonal) {
    if (begin == end) return;
    const uint64_t from = begin + static_cast<uint64_t>(diagonal);
    out_.push_back({kind, begin, end - begin, kind == delta::Op::kLiteral ? 0 : from});
  }

  /// Additions, and a copy for each run of equal bytes that would cost more as zero differences.
  void along(const Stretch& stretch, int64_t diagonal) {
    uint64_t pending = stretch.begin;
    for (uint64_t at = stretch.begin; at < stretch.end;) {
      uint64_t worth = 0;
      uint64_t end = at;
      for (; end < stretch.end && prices_.equal(end, diagonal); ++end) {
        worth += prices_.add(end, diagonal);
      }
      if (worth >= kCopyWorth || end - at >= kPlanCell) {
        push(delta::Op::kPatch, pending, at, diagonal);
        push(delta::Op::kCopy, at, end, diagonal);
        pending = end;
      }
      at = std::max(end, at + 1);
    }
    push(delta::Op::kPatch, pending, stretch.end, diagonal);
  }

  const Prices& prices_;
  std::vector<ByteStep>& out_;
};

}  // namespace

std::vector<ByteStep> plan_bytes(Bytes base, Bytes target, const std::atomic<bool>& cancel) {
  if (target.empty()) return {};
  if (base.empty()) return {{delta::Op::kLiteral, 0, target.size(), 0}};
  const Diagonals diagonals = find_diagonals(base, target, cancel);
  if (diagonals.by_window.empty()) return {};
  const Prices prices(base, target, diagonals);
  std::vector<Stretch> path = cheapest_path(prices, diagonals, target.size(), cancel);
  for (size_t i = 1; i < path.size(); ++i) settle_border(prices, path[i - 1], path[i]);
  std::vector<ByteStep> plan;
  Operations operations(prices, plan);
  for (const Stretch& stretch : path) operations.append(stretch);
  return plan;
}

}  // namespace flotilla::controller
