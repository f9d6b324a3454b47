#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// What a device makes active is, byte for byte, an image that was released for its class; and
/// after every loss of power it still has what it had.
class BootableImage final : public Checker {
 public:
  const char* name() const override { return "safety.bootable"; }
  uint32_t hears() const override { return kHearsActivations | kHearsBoots; }

  void on_activated(World& world, DeviceHost& device, const Digest& image,
                    const Digest& measured) override {
    judge(world, device, image, measured);
  }

  void on_booted(World& world, DeviceHost& device) override {
    const Application::Link& link = device.application().link(0);
    if (link.slot == edge::Slot::kNone) return;
    judge(world, device, link.image, device.application().measure(0, link.slot, link.image));
  }

  void at_rest(World& world) override {
    for (const auto& device : world.devices()) on_booted(world, *device);
  }

 private:
  void judge(World& world, const DeviceHost& device, const Digest& image, const Digest& measured) {
    const ImageFacts* facts = world.catalogue().find(image);
    if (facts == nullptr) {
      return world.violation(*this, std::string(device.id()) + " activates an unknown image");
    }
    if (measured != image) {
      return world.violation(*this,
                             std::string(device.id()) + ": the active slot holds other bytes");
    }
    if (facts->hardware_class != world.hardware_class_of(device)) {
      world.violation(*this,
                      std::string(device.id()) + " runs an image of " + facts->hardware_class);
    }
  }
};

}  // namespace

std::unique_ptr<Checker> make_bootable_image() {
  return std::make_unique<BootableImage>();
}

}  // namespace flotilla::sim
