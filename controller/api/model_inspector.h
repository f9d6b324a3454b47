#pragma once

#include <memory>
#include <optional>

#include "controller/artifact/delta/encode_delta.h"
#include "controller/artifact/inspect/inspect_model.h"
#include "controller/domain/records.h"

namespace flotilla::controller::api {

/// What an inspection made of a stored image: facts, or why it is refused.
struct InspectedImage {
  std::optional<InspectFault> fault;
  ImageFacts summary;
  ModelFacts facts;  ///< without the list of tensors, which the inventory has
};

/// How far it has come; one of the three is there.
struct InspectionState {
  std::shared_ptr<const InspectedImage> image;
  Status failure;           ///< not ok: it could not be done now
  EncodeProgress progress;  ///< in bytes
};

/// Inspects images in the background.
class ModelInspector {
 public:
  /// Begins the work when it is not under way, and never waits for it.
  virtual InspectionState ask(const Digest& image) = 0;

 protected:
  ~ModelInspector() = default;
};

}  // namespace flotilla::controller::api
