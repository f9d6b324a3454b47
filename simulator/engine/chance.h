#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/base/prng.h"
#include "schemas/base/time.h"

namespace flotilla::sim {

/// Draws of one concern. All arithmetic is on integers, so that every compiler draws the same.
class Chance {
 public:
  explicit Chance(Prng prng) : prng_(prng) {}

  Chance split(std::string_view name) const { return Chance(prng_.split(name)); }
  Chance split(std::string_view name, uint64_t number) const;

  uint64_t word() { return prng_.next(); }
  uint32_t below(uint32_t bound) { return prng_.below(bound); }
  /// True `parts` times in a million.
  bool happens(uint32_t parts_per_million) { return below(1'000'000) < parts_per_million; }
  /// Uniform in [0, span].
  Duration up_to(Duration span);
  /// Exponential with this mean, at most 16 times it, at least a millisecond.
  Duration exponential(Duration mean);

 private:
  Prng prng_;
};

}  // namespace flotilla::sim
