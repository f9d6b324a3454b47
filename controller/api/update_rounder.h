#pragma once

#include <compare>
#include <memory>

#include "controller/artifact/delta/round_update.h"
#include "schemas/base/digest.h"

namespace flotilla::controller::api {

/// What to round: a stored image, so that its delta from another one is small.
struct RoundOrder {
  Digest base;
  Digest image;
  uint32_t step_ppm = 0;  ///< millionths

  auto operator<=>(const RoundOrder&) const = default;
};

/// A rounded image, stored, and how far it is from the one that it was made from.
struct RoundedImage {
  Digest digest;
  uint64_t size = 0;                ///< bytes
  std::vector<TensorLoss> tensors;  ///< those that differ
  TensorLoss whole;
  size_t kept = 0;  ///< tensors that are as they were
};

/// How far it has come; one of the three is there.
struct RoundingState {
  std::shared_ptr<const RoundedImage> image;
  Status failure;           ///< not ok: it will come to nothing
  EncodeProgress progress;  ///< of the work
};

/// Rounds images in the background.
class UpdateRounder {
 public:
  /// Begins the work when it is not under way, and never waits for it. A failure is told once: the
  /// next call begins anew. kUnavailable: there is too much to do.
  virtual RoundingState ask(const RoundOrder& order) = 0;

 protected:
  ~UpdateRounder() = default;
};

}  // namespace flotilla::controller::api
