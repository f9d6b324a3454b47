#pragma once

#include <map>
#include <mutex>

#include "controller/api/update_rounder.h"
#include "controller/app/worker_pool.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller::app {

/// Rounds images in the worker pool and remembers what became of it. Usable from several threads.
class RoundingDesk final : public api::UpdateRounder {
 public:
  static constexpr size_t kMaxOrders = 64;  ///< under way or remembered

  struct Parts {
    ArtifactStore& artifacts;
    Parallel& parallel;  ///< of one rounding
    WorkerPool& workers;
  };

  explicit RoundingDesk(Parts parts) : parts_(parts) {}

  api::RoundingState ask(const api::RoundOrder& order) override;

 private:
  struct Job {
    std::mutex mutex;
    api::RoundingState state;  ///< under the mutex
    uint64_t asked = 0;        ///< of the desk's count: the longest ago goes first
  };

  static bool is_over(Job& job);
  static void work(const Parts& parts, const api::RoundOrder& order, Job& job);
  std::shared_ptr<Job> begin(const api::RoundOrder& order);
  bool make_room();

  Parts parts_;
  std::mutex mutex_;
  std::map<api::RoundOrder, std::shared_ptr<Job>> jobs_;  ///< under the mutex
  uint64_t count_ = 0;
};

}  // namespace flotilla::controller::app
