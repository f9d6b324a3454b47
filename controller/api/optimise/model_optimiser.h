#pragma once

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "controller/api/optimise/step_record.h"
#include "controller/artifact/delta/encode_delta.h"

namespace flotilla::controller::api {

/// What to make of a stored image.
struct OptimiseOrder {
  Digest image;
  std::vector<OptimiseStep> steps;
  std::string hardware_class;  ///< that it is for; commands are told
  std::string run;             ///< another text is another run of the same steps

  auto operator<=>(const OptimiseOrder&) const = default;
};

/// What became of it: an entry for each step that was done, and the fault of the one that was not.
struct OptimisedImage {
  std::vector<StepRecord> records;
  std::optional<OptimiseFault> fault;
};

/// How far it has come; one of the three is there.
struct OptimiseState {
  std::shared_ptr<const OptimisedImage> image;
  Status failure;  ///< not ok: it could not be done now
  EncodeProgress progress;
};

/// Optimises images in the background.
class ModelOptimiser {
 public:
  /// Begins the work when it is not under way, and never waits for it.
  virtual OptimiseState ask(const OptimiseOrder& order) = 0;

 protected:
  ~ModelOptimiser() = default;
};

}  // namespace flotilla::controller::api
