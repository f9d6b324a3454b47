#include <map>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// A command is applied at most once: a device that ended a rollout (confirmed, reverted, rejected)
/// does not begin the same one again, whatever is repeated or replayed, unless a newer directive
/// came.
class AppliedOnce final : public Checker {
 public:
  const char* name() const override { return "safety.applied_once"; }
  uint32_t hears() const override { return kHearsReports; }

  void on_report(World& world, DeviceHost& device, const StateReport& report) override {
    const ModelState& model = report.models[0];
    Ended& ended = ended_[device.number()];
    if (report.order.incarnation != ended.incarnation) ended = {};
    ended.incarnation = report.order.incarnation;
    const bool under_way = model.state == UpdateState::kTransferring ||
                           model.state == UpdateState::kStaged ||
                           model.state == UpdateState::kTrial;
    if (under_way && model.rollout == ended.rollout && model.directive == ended.directive) {
      world.violation(*this, std::string(device.id()) + " begins rollout " +
                                 std::to_string(model.rollout) + " a second time, in state " +
                                 std::to_string(static_cast<int>(model.state)) + " after " +
                                 std::to_string(static_cast<int>(ended.state)));
    }
    const bool over = model.state == UpdateState::kConfirmed ||
                      model.state == UpdateState::kReverted ||
                      model.state == UpdateState::kRejected;
    // The end counts from the directive under which it came, not from later ones heard in peace.
    const bool same = ended.rollout == model.rollout && ended.state == model.state &&
                      ended.active == model.active_digest;
    if (over && !same) {
      ended.rollout = model.rollout;
      ended.directive = model.directive;
      ended.state = model.state;
      ended.active = model.active_digest;
    }
    if (!over) ended.state = model.state;
  }

 private:
  struct Ended {
    uint64_t incarnation = 0;
    uint32_t rollout = 0;
    DirectivePosition directive{UINT32_MAX, 0};
    UpdateState state = UpdateState::kIdle;
    Digest active;
  };
  std::map<uint32_t, Ended> ended_;
};

}  // namespace

std::unique_ptr<Checker> make_applied_once() {
  return std::make_unique<AppliedOnce>();
}

}  // namespace flotilla::sim
