#include <set>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// "Confirmed" is true: the device did confirm that very image before the controller said so.
class Truth final : public Checker {
 public:
  const char* name() const override { return "safety.truth"; }
  uint32_t hears() const override { return kHearsReports; }

  void on_report(World&, DeviceHost& device, const StateReport& report) override {
    const ModelState& model = report.models[0];
    if (model.state != UpdateState::kConfirmed) return;
    confirmed_.insert({std::string(device.id()), model.active_digest});
  }

  void at_rest(World& world) override {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    for (const auto& [id, rollout] : plane->rollouts()) {
      for (const auto& [device, assignment] : plane->assignments(id)) {
        if (assignment.state != AssignmentState::kConfirmed) continue;
        const std::string& hardware_class = plane->devices().at(device).hardware_class;
        if (confirmed_.contains({device, world.image(hardware_class, rollout.version)})) continue;
        world.violation(*this, device + " never confirmed version " +
                                   std::to_string(rollout.version) + " of rollout " +
                                   std::to_string(id));
      }
    }
  }

 private:
  std::set<std::pair<std::string, Digest>> confirmed_;
};

}  // namespace

std::unique_ptr<Checker> make_truth() {
  return std::make_unique<Truth>();
}

}  // namespace flotilla::sim
