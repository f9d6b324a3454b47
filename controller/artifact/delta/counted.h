#pragma once

#include "controller/artifact/delta/encode_delta.h"

namespace flotilla::controller {

/// Tells the watch of each job that is done, and skips the rest when cancelled.
class Counted final : public Parallel {
 public:
  Counted(Parallel& parallel, const EncodeWatch& watch, const char* step)
      : parallel_(parallel), watch_(watch), step_(step) {}

  void for_each(size_t count, const std::function<void(size_t)>& job) override {
    std::atomic<size_t> done = 0;
    if (watch_.progress) watch_.progress({step_, 0, count});
    parallel_.for_each(count, [&](size_t i) {
      if (!watch_.cancel.load(std::memory_order_relaxed)) job(i);
      if (watch_.progress) watch_.progress({step_, ++done, count});
    });
  }

 private:
  Parallel& parallel_;
  const EncodeWatch& watch_;
  const char* step_;
};

}  // namespace flotilla::controller
