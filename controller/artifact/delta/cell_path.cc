#include "controller/artifact/delta/cell_path.h"

#include <algorithm>
#include <array>

#include "controller/artifact/delta/byte_plan.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kToLiteral = 16 * kOneBit;   ///< price of an op that leaves the base
constexpr uint64_t kToDiagonal = 40 * kOneBit;  ///< price of an op with a new distance
constexpr uint64_t kEqualCell = 2 * kOneBit;    ///< a cell's share of a copy, at most
constexpr size_t kStates = 1 + Diagonals::kMaxCandidates;
constexpr uint64_t kUnreachable = UINT64_MAX / 4;

/// How a cell was reached, by state: bit k is set when state k continued its own diagonal;
/// otherwise it came from `cheapest` of the cell before.
struct Step {
  uint32_t continued = 0;
  uint8_t cheapest = 0;  ///< state with the lowest total at the end of this cell
};

class PathFinder {
 public:
  PathFinder(const Prices& prices, const Diagonals& diagonals, uint64_t size)
      : prices_(prices), diagonals_(diagonals), size_(size) {
    totals_.fill(kUnreachable);
    totals_[0] = 0;
    steps_.resize((size + kPlanCell - 1) / kPlanCell);
  }

  bool forward(const std::atomic<bool>& cancel) {
    for (uint64_t cell = 0; cell < steps_.size(); ++cell) {
      if (cell % kCellsPerWindow == 0) {
        if (cancel.load(std::memory_order_relaxed)) return false;
        if (cell > 0) enter_window(cell);
      }
      advance(cell);
    }
    return true;
  }

  std::vector<Stretch> backward() const;

 private:
  static constexpr uint64_t kCellsPerWindow = Diagonals::kWindow / kPlanCell;

  const std::vector<int64_t>& candidates(uint64_t cell) const {
    return diagonals_.by_window[cell / kCellsPerWindow];
  }
  std::optional<int64_t> diagonal(uint64_t cell, size_t state) const {
    if (state == 0) return std::nullopt;
    return candidates(cell)[state - 1];
  }
  size_t state_of(uint64_t cell, std::optional<int64_t> diagonal) const;
  uint64_t cell_price(uint64_t cell, size_t state) const;
  void enter_window(uint64_t cell);
  void advance(uint64_t cell);

  const Prices& prices_;
  const Diagonals& diagonals_;
  const uint64_t size_;
  std::array<uint64_t, kStates> totals_;
  uint64_t lowest_ = 0;
  std::vector<Step> steps_;
};

/// kStates when the diagonal is no candidate of the cell's window.
size_t PathFinder::state_of(uint64_t cell, std::optional<int64_t> diagonal) const {
  if (!diagonal) return 0;
  const auto& list = candidates(cell);
  const auto found = std::find(list.begin(), list.end(), *diagonal);
  return found == list.end() ? kStates : static_cast<size_t>(found - list.begin()) + 1;
}

uint64_t PathFinder::cell_price(uint64_t cell, size_t state) const {
  const uint64_t begin = cell * kPlanCell;
  const uint64_t end = std::min(size_, begin + kPlanCell);
  uint64_t sum = 0;
  if (state == 0) {
    for (uint64_t at = begin; at < end; ++at) sum += prices_.literal(at);
    return sum;
  }
  const int64_t along = candidates(cell)[state - 1];
  bool equal = true;
  for (uint64_t at = begin; at < end; ++at) {
    sum += prices_.add(at, along);
    equal = equal && prices_.equal(at, along);
  }
  return equal ? std::min(sum, kEqualCell) : sum;
}

void PathFinder::enter_window(uint64_t cell) {
  std::array<uint64_t, kStates> totals;
  totals.fill(kUnreachable);
  totals[0] = totals_[0];
  const auto& before = candidates(cell - 1);
  for (size_t i = 0; i < before.size(); ++i) {
    const size_t state = state_of(cell, before[i]);
    if (state < kStates) totals[state] = totals_[i + 1];
  }
  totals_ = totals;
}

void PathFinder::advance(uint64_t cell) {
  const uint64_t before = lowest_;
  Step& step = steps_[cell];
  lowest_ = UINT64_MAX;
  for (size_t state = 0; state <= candidates(cell).size(); ++state) {
    const uint64_t changed = before + (state == 0 ? kToLiteral : kToDiagonal);
    uint64_t total = changed;
    if (totals_[state] <= changed) {
      total = totals_[state];
      step.continued |= 1u << state;
    }
    total += cell_price(cell, state);
    totals_[state] = total;
    if (total >= lowest_) continue;
    lowest_ = total;
    step.cheapest = static_cast<uint8_t>(state);
  }
}

std::vector<Stretch> PathFinder::backward() const {
  std::vector<Stretch> path;
  if (steps_.empty()) return path;
  uint64_t cell = steps_.size() - 1;
  std::optional<int64_t> along = diagonal(cell, steps_[cell].cheapest);
  path.push_back({0, size_, along});
  while (cell > 0) {
    const size_t state = state_of(cell, along);
    const bool continued = ((steps_[cell].continued >> state) & 1) != 0;
    --cell;
    if (continued) continue;
    along = diagonal(cell, steps_[cell].cheapest);
    if (along == path.back().diagonal) continue;
    const uint64_t border = (cell + 1) * kPlanCell;
    path.back().begin = border;
    path.push_back({0, border, along});
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

std::vector<Stretch> cheapest_path(const Prices& prices, const Diagonals& diagonals, uint64_t size,
                                   const std::atomic<bool>& cancel) {
  PathFinder finder(prices, diagonals, size);
  if (!finder.forward(cancel)) return {};
  return finder.backward();
}

}  // namespace flotilla::controller
