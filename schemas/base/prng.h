#pragma once

#include <cstdint>
#include <string_view>

namespace flotilla {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one
/// word of state, the same draws on every platform. Not for secrets.
class Prng {
 public:
  explicit Prng(uint64_t seed) : state_(seed) {}

  uint64_t next();
  /// Uniform in [0, bound); 0 when bound is 0. The bias of the multiply-shift is below 2^-32.
  uint32_t below(uint32_t bound);
  /// An independent stream for one concern: a draw added to one shifts no other.
  Prng split(std::string_view name) const;

 private:
  uint64_t state_;
};

}  // namespace flotilla
