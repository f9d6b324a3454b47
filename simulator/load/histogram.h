#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flotilla::sim {

/// Buckets whose width grows with the value: exact below 32, then 32 for each doubling, so that a
/// value is known to 1 part in 32.
inline constexpr size_t kSubBuckets = 32;
inline constexpr size_t kBuckets = kSubBuckets * 28;

constexpr size_t bucket_of(uint64_t value) {
  if (value < kSubBuckets) return static_cast<size_t>(value);
  const size_t shift = static_cast<size_t>(std::bit_width(value)) - 6;
  const size_t index = kSubBuckets * (shift + 1) + static_cast<size_t>((value >> shift) & 31);
  return index < kBuckets ? index : kBuckets - 1;
}

/// The smallest value of a bucket.
constexpr uint64_t bucket_floor(size_t index) {
  if (index < kSubBuckets) return index;
  const size_t shift = index / kSubBuckets - 1;
  return (kSubBuckets + index % kSubBuckets) << shift;
}

/// Counts of a distribution in memory that several processes share.
struct SharedHistogram {
  std::array<std::atomic<uint32_t>, kBuckets> counts{};
  void add(uint64_t value) { counts[bucket_of(value)].fetch_add(1, std::memory_order_relaxed); }
};

/// A distribution at one instant; the sum of several.
class Distribution {
 public:
  Distribution() : counts_(kBuckets) {}

  void add(const SharedHistogram& part);
  void add(uint64_t value) {
    ++counts_[bucket_of(value)];
    ++total_;
  }
  uint64_t count() const { return total_; }
  /// A value that `share` (0 to 1) of all values do not exceed, at most 1/32 too small; 0 when
  /// there are none.
  uint64_t quantile(double share) const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t total_ = 0;
};

}  // namespace flotilla::sim
