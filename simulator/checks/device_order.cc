#include <map>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// What a device may never take back, however often the power fails: its report order, its security
/// floor, the newest directive that it accepted.
class DeviceOrder final : public Checker {
 public:
  const char* name() const override { return "safety.device_order"; }
  uint32_t hears() const override { return kHearsReports; }

  void on_report(World& world, DeviceHost& device, const StateReport& report) override {
    Seen& seen = seen_[device.number()];
    const ModelState& model = report.models[0];
    if (report.order.incarnation == seen.order.incarnation) {
      const std::string who(device.id());
      if (report.order < seen.order) world.violation(*this, who + ": its report order went back");
      if (model.floor < seen.floor) world.violation(*this, who + ": its floor went back");
      if (model.directive < seen.directive) {
        world.violation(*this, who + " follows an older directive than before");
      }
    }
    const ImageFacts* facts = world.catalogue().find(model.active_digest);
    if (facts != nullptr && facts->security_counter < model.floor) {
      world.violation(*this, std::string(device.id()) + " runs an image below its floor");
    }
    seen = {report.order, model.floor, model.directive};
  }

 private:
  struct Seen {
    ReportOrder order;
    uint32_t floor = 0;
    DirectivePosition directive;
  };
  std::map<uint32_t, Seen> seen_;
};

}  // namespace

std::unique_ptr<Checker> make_device_order() {
  return std::make_unique<DeviceOrder>();
}

}  // namespace flotilla::sim
