#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "controller/artifact/delta/encode_delta.h"
#include "controller/domain/effect.h"
#include "controller/domain/event.h"
#include "controller/ports/artifact_store.h"
#include "controller/ports/payload_cache.h"
#include "controller/ports/signer.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::controller {

/// Usable from several threads.
struct BuildTools {
  ArtifactStore& store;
  Signer& director;
  Hasher& hasher;
  PayloadCache& cache;
  Parallel& parallel;
  /// Called from any thread, also from several at once; may be empty.
  std::function<void(const EncodeProgress&)> progress = {};
};

struct BuiltTransfers {
  TransfersBuilt event;
  std::vector<std::string> notes;  ///< for people: bases that were left out, and why
};

/// A worker's job for the effect BuildTransfers: the full payload, and a delta from each base where
/// that is worth it; chunk messages stored, manifests signed. Runs for seconds; uses only what is
/// safe to use from a worker. `cancel` is polled.
BuiltTransfers build_transfers(const BuildTransfers& job, const BuildTools& tools,
                               const std::atomic<bool>& cancel);

}  // namespace flotilla::controller
