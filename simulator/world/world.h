#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulator/checks/checker.h"
#include "simulator/control/controller_host.h"
#include "simulator/device/device_host.h"
#include "simulator/world/scenario.h"
#include "simulator/world/verdict.h"

namespace flotilla::sim {

/// One run of a scenario: virtual time, a broker, a controller and its fleet, from one seed.
class World final : private Target, private DeviceWatch {
 public:
  World(const Scenario& scenario, uint64_t seed);
  ~World();

  /// To the end of the scenario, or to the first violation.
  void run(bool stops_at_violation);

  // ---- parts
  const Scenario& scenario() const { return scenario_; }
  Scheduler& scheduler() { return scheduler_; }
  Broker& broker() { return *broker_; }
  ControllerHost& controller() { return *controller_; }
  std::vector<std::unique_ptr<DeviceHost>>& devices() { return devices_; }
  ImageCatalogue& catalogue() { return catalogue_; }
  Trace& trace() { return trace_; }
  const Chance& chance() const { return chance_; }
  const std::string& hardware_class_of(const DeviceHost& device) const;
  /// Of version `number` for the class; none when it was not published.
  Digest image(const std::string& hardware_class, uint32_t number) const;
  void remember_image(const std::string& hardware_class, uint32_t number, const Digest& digest);
  static constexpr const char* kModel = "pose";

  /// The keyset of this epoch, signed by the root: it names the director's key of that number.
  std::string make_keyset(uint64_t epoch) const;

  void violation(const Checker& checker, const std::string& what);
  void violation(const std::string& rule, const std::string& what);
  const Verdict& verdict() const { return verdict_; }
  /// Everything may be asked to converge from here on.
  bool calm() const { return scheduler_.now() >= MonoTime{0} + scenario_.calm_at(); }
  /// The device lies about itself: what the controller believes of it is nobody's fault.
  void distrust(uint32_t device) { liars_.insert(device); }
  bool is_trusted(const DeviceHost& device) const { return !liars_.contains(device.number()); }
  uint64_t messages_from_devices() const { return messages_; }

 private:
  enum Kind : uint32_t { kBoot };

  void on_event(uint32_t kind, uint64_t value) override;
  void on_report(DeviceHost& device, const StateReport& report) override;
  void on_activated(DeviceHost& device, uint8_t model, const Digest& image,
                    const Digest& measured) override;
  void on_booted(DeviceHost& device, bool started) override;
  void on_restless(DeviceHost& device) override;
  void on_message(DeviceHost& device) override;

  void sort_listeners();
  void make_devices();
  void enrol_fleet();
  DeviceOptions device_options(uint32_t number, Chance& draw) const;

  const Scenario scenario_;
  const Chance chance_;
  Trace trace_;
  Scheduler scheduler_{trace_};
  const TargetId self_;
  ImageCatalogue catalogue_;
  PagePool pool_;
  SharedMemory memory_;
  std::string keyset_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<ControllerHost> controller_;
  std::vector<std::unique_ptr<DeviceHost>> devices_;
  std::map<std::pair<std::string, uint32_t>, Digest> images_;
  std::vector<std::unique_ptr<Checker>> checkers_;
  /// The checkers that hear of something, by what.
  struct Listeners {
    std::vector<Checker*> reports, activations, boots, messages, turns, publications;
  } listeners_;
  std::unique_ptr<class Script> script_;
  std::unique_ptr<class Faults> faults_;
  std::set<uint32_t> liars_;
  Verdict verdict_;
  uint64_t messages_ = 0;
};

}  // namespace flotilla::sim
