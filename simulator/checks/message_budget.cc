#include <vector>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// No device talks without end: what it sends in a minute stays below what a broker would forgive.
class MessageBudget final : public Checker {
 public:
  const char* name() const override { return "safety.message_budget"; }
  uint32_t hears() const override { return kHearsMessages; }

  void on_message(World& world, DeviceHost& device) override {
    if (device.number() >= minutes_.size()) minutes_.resize(device.number() + 1);
    Minute& minute = minutes_[device.number()];
    const int64_t now = world.scheduler().now().ms / 60'000;
    if (minute.number != now) minute = {now, 0};
    if (++minute.sent == kBudget) {
      world.violation(*this, std::string(device.id()) + " sends more than " +
                                 std::to_string(kBudget) + " times a minute");
    }
  }

 private:
  /// A download of many groups takes a subscription and acknowledgements for each.
  static constexpr uint32_t kBudget = 2000;
  struct Minute {
    int64_t number = -1;
    uint32_t sent = 0;
  };
  std::vector<Minute> minutes_;
};

}  // namespace

std::unique_ptr<Checker> make_message_budget() {
  return std::make_unique<MessageBudget>();
}

}  // namespace flotilla::sim
