#pragma once

#include "controller/api/model_inspector.h"
#include "controller/app/job_desk.h"
#include "controller/domain/bounds.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller::app {

/// Inspects images in the worker pool and stores what was found beside them. Usable from several
/// threads.
class InspectionDesk final : public api::ModelInspector {
 public:
  /// Under way or remembered: those of one version, and of others that are pushed meanwhile.
  static constexpr size_t kMaxOrders = 2 * kMaxVariants;

  struct Parts {
    ArtifactStore& artifacts;
    WorkerPool& workers;
  };

  explicit InspectionDesk(Parts parts);

  api::InspectionState ask(const Digest& image) override;

 private:
  Parts parts_;
  JobDesk<Digest, api::InspectionState> jobs_;
};

}  // namespace flotilla::controller::app
