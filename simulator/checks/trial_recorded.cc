#include "edge-client/core/boot_record.h"
#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// The switch comes last: what a device makes active is already on record, as the trial's image or
/// as the active one. A loss of power in between could otherwise leave an image that nobody judges.
class TrialRecorded final : public Checker {
 public:
  const char* name() const override { return "safety.trial_recorded"; }
  uint32_t hears() const override { return kHearsActivations; }

  void on_activated(World& world, DeviceHost& device, const Digest& image, const Digest&) override {
    if (!device.has_power()) return;  // cut in this very operation: nothing can be read now
    edge::ModelRecord record;
    edge::BootRecord boot;
    const Name model(World::kModel);
    const auto found = boot.load(device.medium(), 0, model, record);
    const bool valid = found == edge::RecordPair::Found::kValid;
    const bool on_trial =
        valid && record.state == UpdateState::kTrial && record.target.digest == image;
    if (on_trial || (valid && record.active.digest == image)) return;
    world.violation(*this, std::string(device.id()) + " switches before it is on record");
  }
};

}  // namespace

std::unique_ptr<Checker> make_trial_recorded() {
  return std::make_unique<TrialRecorded>();
}

}  // namespace flotilla::sim
