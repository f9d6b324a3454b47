#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// Once the faults stop: the outbox drains, every rollout that was started ends or waits for a
/// person, nobody is left in the middle of an assignment, and the controller knows what devices
/// run.
class Convergence final : public Checker {
 public:
  const char* name() const override { return "liveness.converges"; }
  uint32_t hears() const override { return 0; }

  void at_rest(World& world) override {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return world.violation(*this, "the controller is not there");
    if (plane->outbox_size() != 0) world.violation(*this, "the outbox did not drain");
    for (const auto& [id, rollout] : plane->rollouts()) rollout_ended(world, *plane, rollout);
    for (const auto& device : world.devices()) device_known(world, *plane, *device);
  }

 private:
  void rollout_ended(World& world, const ControlPlane& plane, const Rollout& rollout) {
    const std::string what = "rollout " + std::to_string(rollout.id);
    const bool open = rollout.state == RolloutState::kPreparing ||
                      rollout.state == RolloutState::kRunning ||
                      rollout.state == RolloutState::kRollingBack;
    if (open) world.violation(*this, what + " never ends: " + rollout.state_reason);
    for (const auto& [id, assignment] : plane.assignments(rollout.id)) {
      const bool under_way = assignment.state == AssignmentState::kTransferring ||
                             assignment.state == AssignmentState::kStaged ||
                             assignment.state == AssignmentState::kTrial;
      if (under_way && rollout.state != RolloutState::kHolding && is_reachable(world, id)) {
        world.violation(*this, id + " never leaves the middle of " + what);
      }
    }
  }

  void device_known(World& world, const ControlPlane& plane, const DeviceHost& device) {
    if (!device.reachable() || !world.is_trusted(device)) return;
    const std::string id(device.id());
    if (!device.is_up() || !device.agent().online()) {
      return world.violation(*this, id + " does not come back");
    }
    const auto known = plane.devices().find(id);
    const Digest runs = device.application().link(0).image;
    if (known == plane.devices().end() || known->second.models.empty()) {
      return world.violation(*this, id + " is not known");
    }
    if (known->second.models.begin()->second.reported.active_digest != runs) {
      world.violation(*this, "the controller is wrong about what " + id + " runs");
    }
  }

  static bool is_reachable(World& world, const std::string& id) {
    for (const auto& device : world.devices()) {
      if (device->id() == id) return device->reachable() && world.is_trusted(*device);
    }
    return false;
  }
};

}  // namespace

std::unique_ptr<Checker> make_convergence() {
  return std::make_unique<Convergence>();
}

}  // namespace flotilla::sim
