#pragma once

#include <memory>
#include <queue>
#include <vector>

#include "simulator/load/swarm/virtual_device.h"

namespace flotilla::sim {

/// The devices of one process on one epoll descriptor and one heap of timers.
class Swarm {
 public:
  /// Makes the devices. Throws std::exception.
  explicit Swarm(Surroundings& around);
  /// Until the board says stop, or the parent is gone.
  void run();

 private:
  struct Timer {
    MonoTime when;
    uint32_t device = 0;
    friend bool operator>(const Timer& a, const Timer& b) { return a.when > b.when; }
  };

  bool should_stop() const;
  void step();
  void drive(uint32_t index, MonoTime now);
  void watch(uint32_t index);
  void arm(uint32_t index, MonoTime now);
  void run_timers(MonoTime now);
  int timeout_ms(MonoTime now) const;
  void note_memory(MonoTime now);

  Surroundings& around_;
  edge::Fd poll_;
  MonoTime trim_at_;
  std::vector<std::unique_ptr<VirtualDevice>> devices_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
};

}  // namespace flotilla::sim
