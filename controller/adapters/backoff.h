#pragma once

#include <algorithm>

#include "schemas/base/prng.h"
#include "schemas/base/time.h"

namespace flotilla::controller {

/// Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015): the
/// n-th wait is uniform in [floor, min(cap, base x 2^n)].
class Backoff {
 public:
  struct Options {
    Duration floor = milliseconds(50);
    Duration base = milliseconds(500);
    Duration cap = seconds(30);
  };

  Backoff(const Options& options, uint64_t seed) : options_(options), prng_(seed) {}

  Duration next() {
    const int64_t most = std::min(options_.cap.ms, options_.base.ms << std::min(failures_, 20));
    ++failures_;
    const int64_t room = std::max<int64_t>(0, most - options_.floor.ms);
    return {options_.floor.ms + prng_.below(static_cast<uint32_t>(room) + 1)};
  }
  void reset() { failures_ = 0; }

 private:
  Options options_;
  Prng prng_;
  int failures_ = 0;
};

}  // namespace flotilla::controller
