#pragma once

#include "controller/api/optimise/model_optimiser.h"
#include "controller/app/job_desk.h"
#include "controller/app/optimiser_config.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller::app {

/// Optimises images in a worker pool of its own, since commands may take long. Usable from several
/// threads.
class OptimiseDesk final : public api::ModelOptimiser {
 public:
  static constexpr size_t kMaxOrders = 64;  ///< under way or remembered

  struct Parts {
    ArtifactStore& artifacts;
    WorkerPool& workers;
    OptimiserConfig commands;
  };

  explicit OptimiseDesk(Parts parts);

  api::OptimiseState ask(const api::OptimiseOrder& order) override;

 private:
  ArtifactStore& artifacts_;
  JobDesk<api::OptimiseOrder, api::OptimiseState> jobs_;
};

}  // namespace flotilla::controller::app
