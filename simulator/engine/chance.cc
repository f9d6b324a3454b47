#include "simulator/engine/chance.h"

#include <algorithm>
#include <bit>

namespace flotilla::sim {
namespace {

constexpr int64_t kOne = 1 << 16;  // fixed point with 16 fractional bits
constexpr int64_t kLn2 = 45'426;   // of 2^-16
constexpr int64_t kMaxMultiple = 16 * kOne;

/// -ln(x / 2^32) in fixed point, for x > 0: the leading zeros give whole powers of two, a cubic the
/// rest (error below 0.1 %).
int64_t minus_ln(uint32_t x) {
  const int zeros = std::countl_zero(x);
  const uint64_t mantissa = uint64_t{x} << zeros >> 15;  // in [2^16, 2^17)
  const int64_t m = static_cast<int64_t>(mantissa) - kOne;
  // ln(1 + m) ~ m - m^2 / 2 + m^3 / 3 - m^4 / 4 ..., here as a fit with ln(2) at 1.
  const int64_t m2 = m * m / kOne;
  const int64_t m3 = m2 * m / kOne;
  const int64_t ln = m - m2 * 31'457 / kOne + m3 * 11'347 / kOne;
  return (zeros + 1) * kLn2 - ln;
}

}  // namespace

Chance Chance::split(std::string_view name, uint64_t number) const {
  Prng stream = prng_.split(name);
  return Chance(Prng(stream.next() ^ (number + 1) * 0xD1B54A32D192ED03u));
}

Duration Chance::up_to(Duration span) {
  if (span.ms <= 0) return {};
  if (span.ms < UINT32_MAX) return {int64_t{below(static_cast<uint32_t>(span.ms) + 1)}};
  return {static_cast<int64_t>(word() % static_cast<uint64_t>(span.ms + 1))};
}

Duration Chance::exponential(Duration mean) {
  const uint32_t x = std::max<uint32_t>(1, static_cast<uint32_t>(word() >> 32));
  const int64_t multiple = std::clamp<int64_t>(minus_ln(x), 0, kMaxMultiple);
  const int64_t whole = mean.ms / kOne * multiple + mean.ms % kOne * multiple / kOne;
  return {std::max<int64_t>(1, whole)};
}

}  // namespace flotilla::sim
