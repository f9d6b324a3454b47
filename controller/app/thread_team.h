#pragma once

#include "controller/artifact/parallel.h"

namespace flotilla::controller::app {

/// Pieces of CPU work on several threads, which live for one for_each(). The caller's thread is one
/// of them. What a job throws (there is no memory left) is thrown again by for_each().
class ThreadTeam final : public Parallel {
 public:
  /// 0: as many as the machine runs at once.
  explicit ThreadTeam(size_t threads = 0);

  void for_each(size_t count, const std::function<void(size_t)>& job) override;

 private:
  size_t threads_;
};

}  // namespace flotilla::controller::app
