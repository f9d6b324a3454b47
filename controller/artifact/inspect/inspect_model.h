#pragma once

#include <atomic>
#include <functional>

#include "controller/artifact/inspect/model_facts.h"

namespace flotilla::controller {

struct InspectWatch {
  const std::atomic<bool>& cancel;  ///< polled; a cancelled inspection answers kAborted
  /// Bytes that were looked at, from time to time; the pages before them are not needed again.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

/// Why a file is refused, and what its author can do.
struct InspectFault {
  std::string message;
  std::string remedy;
};

/// Reads the file's description and then its tensors once, in their order. Memory is bounded by
/// model_file.h, time linear in the file. A file that claims a format and breaks its rules is an
/// error, as is one that is certainly no model (FileKind's page, pointer, delta and payload);
/// `fault`, if given, then says why. A file of no known format is opaque.
Result<ModelFacts> inspect_model(Bytes file, const InspectWatch& watch, InspectFault* fault);

/// The same of tfjs shards, joined, whose description is `manifest`.
Result<ModelFacts> inspect_tfjs(Bytes weights, std::string_view manifest, const InspectWatch& watch,
                                InspectFault* fault);

}  // namespace flotilla::controller
