#include "controller/artifact/delta/resemblance.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

namespace flotilla::controller {
namespace {

constexpr size_t kLaneCount = 2 * kReach / 8;  ///< words of eight byte counters
constexpr uint64_t kBatch = 255;               ///< samples before a byte counter could overflow
constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kLow7 = 0x7F7F7F7F7F7F7F7Fu;

using Counters = std::array<uint64_t, kLaneCount>;

/// 1 in each byte where `word` and the broadcast `symbol` agree.
uint64_t agreement(uint64_t word, uint64_t symbol) {
  const uint64_t x = word ^ symbol;
  return (~(((x & kLow7) + kLow7) | x | kLow7)) >> 7;
}

class Band {
 public:
  Band() : totals_(2 * kReach, 0) {}

  /// Counts where base[from, from + 2 x kReach) is `symbol`; what lies outside the base is not.
  void sample(Bytes base, int64_t from, uint8_t symbol) {
    const int64_t size = static_cast<int64_t>(base.size());
    const int64_t first = std::clamp<int64_t>(from, 0, size);
    const int64_t last = std::clamp<int64_t>(from + 2 * kReach, first, size);
    if (last > first) {
      count(base, from, {static_cast<size_t>(first - from), static_cast<size_t>(last - from)},
            symbol);
    }
    if (++pending_ == kBatch) flush();
  }

  void flush() {
    for (size_t i = 0; i < totals_.size(); ++i) {
      totals_[i] = static_cast<uint16_t>(totals_[i] + ((counters_[i / 8] >> (8 * (i % 8))) & 0xFF));
    }
    counters_.fill(0);
    pending_ = 0;
  }

  const std::vector<uint16_t>& totals() const { return totals_; }

 private:
  /// The part of the band that lies inside the base, counted from the band's beginning.
  struct Inside {
    size_t begin;
    size_t end;
  };

  void count(Bytes base, int64_t from, Inside inside, uint8_t symbol) {
    const uint64_t wanted = kOnes * symbol;
    for (size_t i = inside.begin / 8; 8 * i < inside.end; ++i) {
      counters_[i] += agreement(load(base, from, i, inside, symbol), wanted);
    }
  }

  /// Word i of the band; its bytes outside the base are not `symbol`.
  static uint64_t load(Bytes base, int64_t from, size_t i, Inside inside, uint8_t symbol) {
    uint64_t word = kOnes * static_cast<uint8_t>(~symbol);
    if (8 * i >= inside.begin && 8 * i + 8 <= inside.end) {  // all but the ends
      std::memcpy(&word, base.data() + (from + static_cast<int64_t>(8 * i)), sizeof word);
      return word;
    }
    const size_t low = std::max(8 * i, inside.begin);
    const size_t high = std::min(8 * i + 8, inside.end);
    const size_t at = static_cast<size_t>(from + static_cast<int64_t>(low));
    std::memcpy(reinterpret_cast<uint8_t*>(&word) + (low - 8 * i), base.data() + at, high - low);
    return word;
  }

  Counters counters_{};
  std::vector<uint16_t> totals_;
  uint64_t pending_ = 0;
};

/// Index of the largest total that chance does not explain.
std::optional<size_t> outstanding(const std::vector<uint16_t>& totals) {
  uint64_t sum = 0;
  for (const uint16_t total : totals) sum += total;
  const uint64_t mean = sum / totals.size() + 1;
  const auto top = std::max_element(totals.begin(), totals.end());
  if (*top <= mean) return std::nullopt;
  const uint64_t excess = *top - mean;
  if (excess * excess < 36 * mean) return std::nullopt;  // 6 sigma of a Poisson count
  return static_cast<size_t>(top - totals.begin());
}

}  // namespace

std::optional<int64_t> most_alike(Bytes base, Bytes target, uint64_t begin, uint64_t end,
                                  int64_t centre) {
  const auto band = std::make_unique<Band>();
  const uint64_t stride = std::max<uint64_t>(1, (end - begin) / kSamples) | 1;  // every lane
  for (uint64_t at = begin; at < end; at += stride) {
    band->sample(base, static_cast<int64_t>(at) + centre - kReach, target[at]);
  }
  band->flush();
  const auto best = outstanding(band->totals());
  if (!best) return std::nullopt;
  return centre - kReach + static_cast<int64_t>(*best);
}

}  // namespace flotilla::controller
