#include "controller/artifact/delta/segment_prices.h"

#include <algorithm>
#include <set>

#include "controller/artifact/delta/byte_plan.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kSampleStep = 4;  ///< one cell of this many is looked at when diagonals compete

std::set<int64_t> candidates_of(const Diagonals& diagonals, uint64_t begin) {
  std::set<int64_t> result;
  const size_t first = begin / Diagonals::kWindow;
  const size_t last =
      std::min<size_t>(diagonals.by_window.size(), first + Prices::kSegment / Diagonals::kWindow);
  for (size_t i = first; i < last; ++i) {
    result.insert(diagonals.by_window[i].begin(), diagonals.by_window[i].end());
  }
  return result;
}

}  // namespace

Prices::Prices(Bytes base, Bytes target, const Diagonals& diagonals)
    : base_(base), target_(target) {
  for (uint64_t begin = 0; begin < target.size(); begin += kSegment) {
    segments_.push_back(measure(begin, diagonals));
  }
}

/// Cells that are equal as a whole will be copied: they say nothing of the price of an addition.
ByteHistogram Prices::differences(uint64_t begin, uint64_t end, int64_t diagonal,
                                  uint64_t step) const {
  ByteHistogram result;
  for (uint64_t cell = begin; cell < end; cell += step * kPlanCell) {
    const uint64_t stop = std::min(end, cell + kPlanCell);
    const int64_t from = static_cast<int64_t>(cell) + diagonal;
    if (from < 0 || static_cast<uint64_t>(from) + (stop - cell) > base_.size()) continue;
    const Bytes was = base_.subspan(static_cast<size_t>(from), stop - cell);
    const Bytes is = target_.subspan(cell, stop - cell);
    if (std::equal(is.begin(), is.end(), was.begin())) continue;
    for (size_t i = 0; i < is.size(); ++i) {
      result.add(cell + i, static_cast<uint8_t>(is[i] - was[i]));
    }
  }
  return result;
}

SegmentPrices Prices::measure(uint64_t begin, const Diagonals& diagonals) const {
  const uint64_t end = std::min<uint64_t>(target_.size(), begin + kSegment);
  ByteHistogram literals;
  for (uint64_t at = begin; at < end; ++at) literals.add(at, target_[at]);

  int64_t best = 0;
  uint64_t best_per_symbol = UINT64_MAX;
  for (const int64_t diagonal : candidates_of(diagonals, begin)) {
    const ByteHistogram sample = differences(begin, end, diagonal, kSampleStep);
    if (sample.count() == 0) continue;
    const uint64_t per_symbol = sample.total_cost() * 1024 / sample.count();
    if (per_symbol >= best_per_symbol) continue;
    best_per_symbol = per_symbol;
    best = diagonal;
  }
  return {literals.costs(), differences(begin, end, best, 1).costs()};
}

}  // namespace flotilla::controller
