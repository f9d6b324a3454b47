#include "controller/domain/record_codec.h"
#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// What the controller believes is what it would find after a restart: rollouts, assignments and
/// devices in memory equal those that a fresh process reads from the store.
class DurableState final : public Checker {
 public:
  const char* name() const override { return "safety.durable_state"; }
  uint32_t hears() const override { return kHearsTurns; }

  void on_turn(World& world) override {
    // Reading everything costs as much as the fleet is large: now and then is enough.
    if (world.scheduler().now() < due_) return;
    due_ = world.scheduler().now() + kInterval;
    compare(world);
  }
  void at_rest(World& world) override { compare(world); }

 private:
  static constexpr Duration kInterval = seconds(3600);

  template <typename Table>
  static std::vector<std::string> rows(const Table& table) {
    std::vector<std::string> out;
    for (const auto& [key, record] : table) out.push_back(encode(record));
    return out;
  }

  void compare(World& world) {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    ControlPlane fresh(world.controller().config(), world.controller().hasher());
    if (!fresh.load(world.controller().store()).ok()) {
      return world.violation(*this, "the store does not load");
    }
    if (rows(fresh.rollouts()) != rows(plane->rollouts())) {
      world.violation(*this, "rollouts in memory are not those of the store");
    }
    for (const auto& [id, rollout] : plane->rollouts()) {
      if (rows(fresh.assignments(id)) != rows(plane->assignments(id))) {
        world.violation(*this, "assignments in memory are not those of the store");
      }
    }
    if (fresh.outbox_size() != plane->outbox_size() || fresh.audit_size() != plane->audit_size()) {
      world.violation(*this, "outbox or audit log in memory are not those of the store");
    }
  }

  MonoTime due_;
};

}  // namespace

std::unique_ptr<Checker> make_durable_state() {
  return std::make_unique<DurableState>();
}

}  // namespace flotilla::sim
