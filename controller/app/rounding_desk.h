#pragma once

#include "controller/api/update_rounder.h"
#include "controller/app/job_desk.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller::app {

/// Rounds images in the worker pool. Usable from several threads.
class RoundingDesk final : public api::UpdateRounder {
 public:
  static constexpr size_t kMaxOrders = 64;  ///< under way or remembered

  struct Parts {
    ArtifactStore& artifacts;
    Parallel& parallel;  ///< of one rounding
    WorkerPool& workers;
  };

  explicit RoundingDesk(Parts parts);

  api::RoundingState ask(const api::RoundOrder& order) override;

 private:
  Parts parts_;
  JobDesk<api::RoundOrder, api::RoundingState> jobs_;
};

}  // namespace flotilla::controller::app
