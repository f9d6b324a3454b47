#include "controller/artifact/resemblance.h"

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

/// The base around one sample: 2 x kReach bytes from `from`, missing ones different from `symbol`.
void load_band(Bytes base, int64_t from, uint8_t symbol, std::array<uint8_t, 2 * kReach>& band) {
  const int64_t size = static_cast<int64_t>(base.size());
  const int64_t first = std::clamp<int64_t>(from, 0, size);
  const int64_t last = std::clamp<int64_t>(from + 2 * kReach, first, size);
  if (last - first < 2 * kReach) band.fill(static_cast<uint8_t>(~symbol));
  if (last > first) {
    std::memcpy(band.data() + (first - from), base.data() + first,
                static_cast<size_t>(last - first));
  }
}

void count(const std::array<uint8_t, 2 * kReach>& band, uint8_t symbol, Counters& counters) {
  const uint64_t wanted = kOnes * symbol;
  for (size_t i = 0; i < kLaneCount; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, band.data() + 8 * i, sizeof word);
    counters[i] += agreement(word, wanted);
  }
}

class Band {
 public:
  Band() : totals_(2 * kReach, 0) {}

  void sample(Bytes base, int64_t from, uint8_t symbol) {
    load_band(base, from, symbol, band_);
    count(band_, symbol, counters_);
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
  std::array<uint8_t, 2 * kReach> band_{};
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
