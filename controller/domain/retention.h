#pragma once

#include <set>
#include <vector>

#include "controller/domain/event.h"
#include "controller/domain/step_context.h"

/// Which versions' bytes may go. Everything that something still refers to stays; what is deleted
/// leaves its record behind, so that what ran can still be proven.
namespace flotilla::controller::retention {

struct Fate {
  const ModelVersion* version = nullptr;
  std::string reason;  ///< why it stays; empty: nothing needs it
  uint64_t bytes = 0;  ///< of images that go with it and with nothing else that stays
};

/// Every version that still has its bytes, by model and number.
std::vector<Fate> plan(const FleetState& state, Duration older_than, WallTime now);

/// What is kept in files for the version; none stands for what it does not have.
void add_artifacts(const ModelVersion& version, std::set<Digest>& out);

/// Artifacts that a version with bytes or a payload in the broker refers to.
std::set<Digest> needed_artifacts(const FleetState& state);

/// Says that the bytes of the version were deleted, and by whom.
Refusal bytes_deleted(const ModelVersion& version, std::string remedy);

Refused pin(StepContext& step, const PinVersion& command);
/// Deletes what plan() lets go.
Refused remove(StepContext& step, const DeleteVersions& command);

}  // namespace flotilla::controller::retention
