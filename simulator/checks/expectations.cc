#include "controller/domain/names.h"
#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// The scenario's own "expect" lines.
class Expectations final : public Checker {
 public:
  const char* name() const override { return "scenario.expects"; }
  uint32_t hears() const override { return kHearsActivations; }

  void on_activated(World& world, DeviceHost& device, const Digest& image, const Digest&) override {
    const ImageFacts* facts = world.catalogue().find(image);
    if (facts != nullptr) tried_[facts->version].insert(device.number());
  }

  void at_rest(World& world) override {
    for (const Words& words : world.scenario().expects) {
      const std::string what = words.at(0);
      if (what == "fleet") {
        fleet(world, words);
      } else if (what == "returned") {
        returned(world, words);
      } else if (what == "rollout") {
        rollout(world, words);
      } else if (what == "tried") {
        tried(world, words);
      } else {
        world.violation(*this, "no such expectation: " + what);
      }
    }
  }

 private:
  static uint32_t number(const std::string& text) {
    return static_cast<uint32_t>(parse_number(text).value_or(0));
  }

  /// "fleet VERSION [share=PERCENT]": at least this share of the devices runs it.
  void fleet(World& world, const Words& words) {
    uint32_t running = 0;
    std::string first;
    for (const auto& device : world.devices()) {
      const Digest wanted = world.image(world.hardware_class_of(*device), number(words.at(1)));
      const bool runs = device->application().link(0).image == wanted && !wanted.is_none();
      running += runs;
      if (!runs && first.empty()) first = said_by(world, std::string(device->id()));
    }
    const uint64_t share = words.number("share", 100);
    if (running * uint64_t{100} >= share * world.devices().size()) return;
    world.violation(*this, std::to_string(running) + " of " +
                               std::to_string(world.devices().size()) + " devices run version " +
                               words.at(1) + first);
  }

  static std::string said_by(World& world, const std::string& id) {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr || plane->devices().count(id) == 0) return "";
    std::string out = "; " + id;
    for (const auto& [name, model] : plane->devices().at(id).models) {
      out += std::string(" is ") + state_name(model.reported.state) + ", reason " +
             std::to_string(static_cast<int>(model.reported.reason)) + ", rollout " +
             std::to_string(model.reported.rollout);
    }
    return out;
  }

  /// "returned VERSION": every device says that it went to it by itself, which takes no transfer:
  /// no rollout offered it anything.
  void returned(World& world, const Words& words) {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    for (const auto& [id, device] : plane->devices()) {
      for (const auto& [name, model] : device.models) {
        const ModelState& said = model.reported;
        const bool back = said.state == UpdateState::kConfirmed && said.rollout == 0 &&
                          said.active_version == number(words.at(1));
        if (!back) world.violation(*this, id + " did not return by itself to " + words.at(1));
      }
    }
  }

  /// "rollout NUMBER STATE".
  void rollout(World& world, const Words& words) {
    const ControlPlane* plane = world.controller().plane();
    if (plane == nullptr) return;
    const auto found = plane->rollouts().find(number(words.at(1)));
    const std::string state =
        found == plane->rollouts().end() ? "missing" : state_name(found->second.state);
    if (state == words.at(2)) return;
    std::string why;
    if (found != plane->rollouts().end()) why = ": " + explain(*plane, found->second);
    world.violation(*this,
                    "rollout " + words.at(1) + " is " + state + ", not " + words.at(2) + why);
  }

  /// The rollout's own words, and those of the first devices that did not make it.
  static std::string explain(const ControlPlane& plane, const Rollout& rollout) {
    constexpr int kNamed = 3;
    std::string out = rollout.state_reason;
    int named = 0;
    for (const auto& [id, assignment] : plane.assignments(rollout.id)) {
      if (assignment.reason == Reason::kNone || named++ == kNamed) continue;
      out += "; " + id + ": reason " + std::to_string(static_cast<int>(assignment.reason)) + " " +
             assignment.detail;
    }
    return out;
  }

  /// "tried VERSION at_most=PERCENT": no more of the fleet ever activated it.
  void tried(World& world, const Words& words) {
    const size_t count = tried_[number(words.at(1))].size();
    if (count * 100 <= words.number("at_most", 100) * world.devices().size()) return;
    world.violation(*this, std::to_string(count) + " devices tried version " + words.at(1));
  }

  std::map<uint32_t, std::set<uint32_t>> tried_;
};

}  // namespace

std::unique_ptr<Checker> make_expectations() {
  return std::make_unique<Expectations>();
}

}  // namespace flotilla::sim
