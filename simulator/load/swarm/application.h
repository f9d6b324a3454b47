#pragma once

#include "edge-client/ports/crypto.h"
#include "edge-client/ports/model_runtime.h"
#include "simulator/load/swarm/memory_storage.h"

namespace flotilla::sim {

/// How a device treats an update; the first model that it gets it always likes.
enum class Conduct : uint8_t { kGood, kCrashes, kReverts, kFloods, kDisappears };

/// The application of one device: loads what is active, measures it, and says how it feels.
class Application final : public edge::ModelRuntime {
 public:
  Application(MemoryStorage& storage, edge::Crypto& crypto, Conduct conduct)
      : storage_(storage), crypto_(crypto), conduct_(conduct) {}
  ~Application() = default;

  Status store_golden(uint8_t, const Digest&, Bytes) override { return ok_status(); }
  Status start_self_test(uint8_t model, edge::Slot slot, const Digest& image,
                         const Digest& golden) override;
  Status activate(uint8_t model, edge::Slot slot, const Digest& image) override;
  Status reload(uint8_t model) override;
  edge::HealthSample health(uint8_t model) override;

  /// The device has started: the application loads what is active.
  void boot();
  /// A self-test was asked for; true once.
  bool take_self_test(edge::SelfTestOutcome& outcome);
  bool self_test_due() const { return self_test_due_; }
  /// What was loaded takes the device down; true once.
  bool take_crash();
  bool has_update() const { return !first_.is_none() && loaded_ != first_; }

 private:
  Digest measure(edge::Slot slot);

  MemoryStorage& storage_;
  edge::Crypto& crypto_;
  const Conduct conduct_;
  bool self_test_due_ = false;
  bool self_test_passes_ = false;
  bool crash_due_ = false;
  edge::Slot active_ = edge::Slot::kNone;
  Digest loaded_;
  Digest first_;  ///< the first image that was ever loaded
  uint64_t inferences_ = 0;
};

}  // namespace flotilla::sim
