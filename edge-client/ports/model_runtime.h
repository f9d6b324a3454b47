#pragma once

#include <string_view>

#include "edge-client/ports/slot_storage.h"
#include "schemas/base/digest.h"
#include "schemas/base/status.h"

namespace flotilla::edge {

/// What the application says about the model it has loaded.
struct HealthSample {
  bool present = false;  ///< the application has said something since the last activation
  Digest loaded_digest;  ///< image it runs
  Digest engine_digest;  ///< what it built of that image on this device and runs; none: nothing
  bool healthy = false;  ///< its own judgement
  uint64_t inferences = 0;
  uint64_t failures = 0;
  uint32_t latency_p50_us = 0;
  uint32_t latency_p99_us = 0;
};

enum class SelfTestOutcome : uint8_t { kPassed, kFailed, kTimeout, kError };

/// The application that runs models, seen from the update machine.
class ModelRuntime {
 public:
  /// Keeps the golden-vector file of the image that is about to be installed. Durable on return.
  virtual Status store_golden(uint8_t model, const Digest& digest, Bytes golden) = 0;
  /// Starts the self-test on the complete image in `slot`; Device::on_self_test answers once.
  /// `golden` none: the image has no golden vectors, and the test only loads it.
  virtual Status start_self_test(uint8_t model, Slot slot, const Digest& image,
                                 const Digest& golden) = 0;
  /// Makes `slot` (or no model, Slot::kNone) the one that the application finds, atomically and
  /// durably. Idempotent.
  virtual Status activate(uint8_t model, Slot slot, const Digest& image) = 0;
  /// Asks the application to load what is active now. Failure to start the hook is reported here,
  /// failure of the application shows in health(). Forgets earlier health samples.
  virtual Status reload(uint8_t model) = 0;
  virtual HealthSample health(uint8_t model) = 0;

 protected:
  ~ModelRuntime() = default;
};

}  // namespace flotilla::edge
