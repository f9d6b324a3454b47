#pragma once

#include <functional>
#include <set>
#include <vector>

#include "edge-client/ports/model_runtime.h"
#include "simulator/device/image_catalogue.h"
#include "simulator/device/medium.h"
#include "simulator/engine/digest_engine.h"

namespace flotilla::sim {

/// The application of one device: loads what the active link names, measures what it loaded, and
/// behaves as the image's facts say.
class Application final : public edge::ModelRuntime {
 public:
  struct Parts {
    PowerSupply& power;
    DeviceMedium& medium;
    const ImageCatalogue& catalogue;
    DigestKind digest;
    uint32_t device = 0;
    uint8_t models = 1;
  };
  struct Events {
    std::function<void(uint8_t model, edge::SelfTestOutcome)> self_test;
    std::function<void()> crash;  ///< the loaded image takes the device down
    /// The active link now names `image`; `measured` is what the slot holds.
    std::function<void(uint8_t model, const Digest& image, const Digest& measured)> activated;
  };

  Application(const Parts& parts, Events events);
  ~Application() = default;

  Status store_golden(uint8_t model, const Digest& digest, Bytes golden) override;
  Status start_self_test(uint8_t model, edge::Slot slot, const Digest& image,
                         const Digest& golden) override;
  Status activate(uint8_t model, edge::Slot slot, const Digest& image) override;
  Status reload(uint8_t model) override;
  edge::HealthSample health(uint8_t model) override;

  struct Link {
    edge::Slot slot = edge::Slot::kNone;
    Digest image;
  };
  /// What the application would find; durable.
  const Link& link(uint8_t model) const { return apps_[model].link; }
  /// Digest of the slot's bytes, as long as a released image of that name is.
  Digest measure(uint8_t model, edge::Slot slot, const Digest& image) const;
  /// The device starts: the application loads what is active.
  void boot();

 private:
  struct App {
    Link link;
    Digest loaded;
    bool running = false;
    uint64_t inferences = 0;
    uint64_t samples = 0;  ///< since it was loaded
  };

  void load(App& app, uint8_t model);

  Parts parts_;
  Events events_;
  std::vector<App> apps_;
  std::set<Digest> golden_;
};

}  // namespace flotilla::sim
