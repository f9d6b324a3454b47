#include <map>

#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// The audit log has no gaps, loses nothing in a crash, and knows of every rollout that ended.
class AuditTrail final : public Checker {
 public:
  const char* name() const override { return "safety.audit"; }
  uint32_t hears() const override { return kHearsTurns; }

  void on_turn(World& world) override {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    if (plane->audit_size() < size_) world.violation(*this, "the audit log became shorter");
    size_ = plane->audit_size();
  }

  void at_rest(World& world) override {
    std::vector<AuditEntry> entries;
    if (!read_audit(world.controller().store(), 0, UINT64_MAX, entries).ok()) {
      return world.violation(*this, "the audit log cannot be read");
    }
    std::map<std::string, std::string> last;  // action of the newest entry, by object
    for (size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].number != i) return world.violation(*this, "the audit log has a gap");
      last[entries[i].object] = entries[i].action;
    }
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    if (plane->audit_size() != entries.size()) {
      world.violation(*this, "the audit log is shorter than the controller believes");
    }
    for (const auto& [id, rollout] : plane->rollouts()) {
      if (!last.contains("rollout/" + std::to_string(id))) {
        world.violation(*this, "nothing was audited about rollout " + std::to_string(id));
      }
    }
  }

 private:
  uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Checker> make_audit_trail() {
  return std::make_unique<AuditTrail>();
}

}  // namespace flotilla::sim
