#include "simulator/load/histogram.h"

#include <algorithm>
#include <cmath>

namespace flotilla::sim {

void Distribution::add(const SharedHistogram& part) {
  for (size_t i = 0; i < kBuckets; ++i) {
    const uint32_t count = part.counts[i].load(std::memory_order_relaxed);
    counts_[i] += count;
    total_ += count;
  }
}

uint64_t Distribution::quantile(double share) const {
  if (total_ == 0) return 0;
  const double exact = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(total_));
  const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(exact));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return bucket_floor(i);
  }
  return bucket_floor(kBuckets - 1);
}

}  // namespace flotilla::sim
