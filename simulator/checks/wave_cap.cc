#include <map>
#include <set>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// A release reaches only devices of waves that were opened: whoever activates an image is a member
/// of a rollout of it, and a rollout opens no wave after it was halted.
class WaveCap final : public Checker {
 public:
  const char* name() const override { return "safety.wave_cap"; }
  uint32_t hears() const override { return kHearsActivations | kHearsTurns; }

  void on_activated(World& world, DeviceHost& device, const Digest& image, const Digest&) override {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr || !world.is_trusted(device)) return;
    const std::string id(device.id());
    bool named = false;
    for (const auto& [number, rollout] : plane->rollouts()) {
      for (const RolloutTarget& target : rollout.targets) {
        if (target.hardware_class != world.hardware_class_of(device)) continue;
        const Digest target_image = world.image(target.hardware_class, rollout.version);
        const Digest previous = world.image(target.hardware_class, target.previous_version);
        const bool member = plane->assignments(number).contains(id);
        if (image == target_image && member) named = true;
        if (image == previous) named = true;  // it goes back, or stays
      }
    }
    if (!named) world.violation(*this, id + " activates what no open wave gives it");
  }

  void on_turn(World& world) override {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    for (const auto& [id, rollout] : plane->rollouts()) {
      const bool ended =
          rollout.state == RolloutState::kHalted || rollout.state == RolloutState::kRollingBack ||
          rollout.state == RolloutState::kRolledBack || rollout.state == RolloutState::kCancelled;
      if (!ended) {
        waves_.erase(id);
        continue;
      }
      const auto [at, fresh] = waves_.emplace(id, rollout.waves.size());
      if (!fresh && at->second != rollout.waves.size()) {
        world.violation(*this, "rollout " + std::to_string(id) + " opened a wave after its end");
      }
    }
  }

 private:
  std::map<uint32_t, size_t> waves_;
};

}  // namespace

std::unique_ptr<Checker> make_wave_cap() {
  return std::make_unique<WaveCap>();
}

}  // namespace flotilla::sim
