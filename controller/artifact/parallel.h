#pragma once

#include <cstddef>
#include <functional>

namespace flotilla::controller {

/// Runs independent pieces of CPU work; the adapter knows about threads.
class Parallel {
 public:
  /// Calls job(0) ... job(count - 1), each once, in any order and possibly at the same time;
  /// returns when all have returned. What a job throws (there is no memory left) is thrown again
  /// when no other runs any more; jobs that have not begun by then are left out.
  virtual void for_each(size_t count, const std::function<void(size_t)>& job) = 0;

 protected:
  ~Parallel() = default;
};

/// One after the other.
class InOrder final : public Parallel {
 public:
  void for_each(size_t count, const std::function<void(size_t)>& job) override {
    for (size_t i = 0; i < count; ++i) job(i);
  }
};

}  // namespace flotilla::controller
