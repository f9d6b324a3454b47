#pragma once

#include <memory>
#include <string>
#include <vector>

#include "simulator/broker/message.h"
#include "simulator/device/device_host.h"

namespace flotilla::sim {

class World;

/// What a rule wants to be told, as bits: most of them have no use for most of what happens.
enum Hears : uint32_t {
  kHearsReports = 1,
  kHearsActivations = 2,
  kHearsBoots = 4,
  kHearsMessages = 8,
  kHearsTurns = 16,
  kHearsPublications = 32,
};

/// One rule that must hold. It sees everything and changes nothing.
class Checker {
 public:
  virtual ~Checker() = default;
  /// Names the rule in a report: "safety.bootable" and the like.
  virtual const char* name() const = 0;
  /// Which of the calls below are made, besides at_rest().
  virtual uint32_t hears() const = 0;

  virtual void on_report(World&, DeviceHost&, const StateReport&) {}
  virtual void on_activated(World&, DeviceHost&, const Digest& /*image*/,
                            const Digest& /*measured*/) {}
  virtual void on_booted(World&, DeviceHost&) {}
  virtual void on_message(World&, DeviceHost&) {}
  /// After each turn of the controller's loop.
  virtual void on_turn(World&) {}
  /// The broker accepted a message, and has not yet passed it on.
  virtual void on_published(World&, const std::string& /*client*/, const Message&,
                            bool /*retain*/) {}
  /// Once, when the run is over and everything had time to come to rest.
  virtual void at_rest(World&) {}
};

/// All of them.
std::vector<std::unique_ptr<Checker>> make_checkers();

}  // namespace flotilla::sim
