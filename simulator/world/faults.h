#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "simulator/broker/broker.h"
#include "simulator/engine/chance.h"
#include "simulator/engine/scheduler.h"
#include "simulator/world/hostile.h"
#include "simulator/world/scenario.h"

namespace flotilla::sim {

class World;

/// Carries out a scenario's "during" lines. Each spell draws from a stream of its own, so that
/// switching one off leaves the others as they were.
class Faults final : private Target {
 public:
  explicit Faults(World& world);
  void start();

 private:
  enum class Family : uint8_t {
    kLose,
    kDouble,
    kSwap,
    kReplay,
    kDrops,
    kOutages,
    kPowerCuts,
    kControllerCrashes,
    kControllerLink,
    kStoreFaults,
    kBrokerRestarts,
    kWallJumps,
    kOperator,
    kSiteOutages,
    kVandal,
    kFlood,
    kThief,
    kDiskFull,
    kBitFlips,
  };
  struct Active {
    Family family;
    Spell spell;
    Chance chance;
  };
  enum Kind : uint32_t { kBegin, kNext, kBack, kBrokerBack, kLinkBack, kSiteBack, kRoomBack };

  static const std::map<std::string, Family>& families();
  void on_event(uint32_t kind, uint64_t value) override;
  bool running(const Active& active) const;
  void begin(uint32_t index);
  void next(uint32_t index, uint32_t device);
  void again(uint32_t index, uint32_t device);
  void strike(Active& active, uint32_t index, uint32_t device);
  void strike_device(Active& active, uint32_t index, uint32_t device);
  void crash_controller(Active& active);
  void site(Active& active, uint32_t index, uint32_t number, bool back);
  void operate(Active& active);
  void replay(Active& active);
  Mischief mischief(const Message& message);

  World& world_;
  Hostile hostile_;
  const TargetId self_;
  std::vector<Active> active_;
  std::deque<Message> heard_;  ///< what a listener could send again
};

}  // namespace flotilla::sim
