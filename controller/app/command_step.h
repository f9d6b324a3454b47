#pragma once

#include "controller/api/optimise/step_record.h"
#include "controller/app/optimiser_config.h"
#include "controller/ports/artifact_store.h"

namespace flotilla::controller::app {

/// Runs a step that is a command of the optimisers file, in its sandbox: the input and job.json in,
/// result.json and one file out, which is stored. `record` has step and input; the rest is filled
/// in. Not ok: `fault` says why; kAborted: cancelled.
Status run_command_step(const OptimiserConfig& config, ArtifactStore& artifacts,
                        const std::string& hardware_class, const std::atomic<bool>& cancel,
                        api::StepRecord& record, OptimiseFault& fault);

}  // namespace flotilla::controller::app
