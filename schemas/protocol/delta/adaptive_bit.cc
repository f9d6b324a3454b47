#include "schemas/protocol/delta/adaptive_bit.h"

#include <algorithm>
#include <array>
#include <bit>

namespace flotilla::delta {
namespace {

/// 65536 / (n + 1.6)
constexpr auto kRates = [] {
  std::array<uint16_t, kCountLimit + 1> rates{};
  for (uint32_t n = 0; n < rates.size(); ++n) {
    rates[n] = static_cast<uint16_t>(655360 / (10 * n + 16));
  }
  return rates;
}();

/// 256 * log2(1 + (i + 0.5) / 64)
constexpr uint8_t kLog2[64] = {3,   9,   14,  20,  25,  30,  36,  41,  46,  51,  56,  61,  66,
                               71,  75,  80,  85,  89,  94,  98,  103, 107, 111, 116, 120, 124,
                               128, 132, 136, 140, 144, 148, 152, 155, 159, 163, 167, 170, 174,
                               178, 181, 185, 188, 192, 195, 198, 202, 205, 208, 212, 215, 218,
                               221, 224, 228, 231, 234, 237, 240, 243, 246, 249, 252, 255};

/// 65536 / (1 + 2^(-i / 2)), at most 65535
constexpr uint16_t kLogistic[23] = {32768, 38390, 43691, 48418, 52429, 55691, 58254, 60214,
                                    61681, 62762, 63550, 64119, 64528, 64820, 65028, 65176,
                                    65281, 65355, 65408, 65446, 65472, 65491, 65504};
constexpr int32_t kStep = 128;
constexpr int32_t kFarthest = 22 * kStep;
constexpr int32_t kWeightLimit = 4 * Mixer::kOne;

}  // namespace

int32_t log2_of(uint32_t v) {
  const uint32_t floor = static_cast<uint32_t>(std::bit_width(v)) - 1;
  const uint32_t fraction = (v << (16 - floor)) >> 10 & 63;
  return static_cast<int32_t>(floor * 256 + kLog2[fraction]);
}

void AdaptiveBit::adapt(bool bit) {
  const uint32_t rate = kRates[count];
  if (count < kCountLimit) ++count;
  uint32_t p = zero;
  if (bit) {
    p -= (p * rate + 65535) >> 16;
  } else {
    p += ((65536 - p) * rate + 65535) >> 16;
  }
  zero = static_cast<uint16_t>(std::clamp(p, kLeast, 65536 - kLeast));
}

int32_t stretch(uint32_t p) {
  return log2_of(p) - log2_of(65536 - p);
}

uint32_t squash(int32_t x) {
  const int32_t size = std::min(x < 0 ? -x : x, kFarthest - 1);
  const uint32_t low = kLogistic[size / kStep];
  const uint32_t high = kLogistic[size / kStep + 1];
  const uint32_t part = static_cast<uint32_t>(size % kStep);
  const uint32_t p = low + ((high - low) * part) / kStep;
  return x < 0 ? 65536 - p : p;
}

uint32_t Mixer::mix(int32_t first, int32_t second) const {
  return squash((weight[0] * first + weight[1] * second) / kOne);
}

void Mixer::adapt(int32_t first, int32_t second, uint32_t p, bool bit) {
  const int32_t error = (bit ? 0 : 65535) - static_cast<int32_t>(p);
  const int32_t steps[2] = {error * first, error * second};
  for (int i = 0; i < 2; ++i) {
    const int32_t moved = weight[i] + steps[i] / 65536;
    weight[i] = std::clamp(moved, -kWeightLimit, kWeightLimit);
  }
}

}  // namespace flotilla::delta
