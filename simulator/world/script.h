#pragma once

#include <set>
#include <string>
#include <vector>

#include "simulator/engine/scheduler.h"
#include "simulator/world/registrar.h"

namespace flotilla::sim {

/// Carries out a scenario's "at" lines. What the controller does not take, because it is down, is
/// tried again every few seconds, as an operator would.
class Script final : private Target {
 public:
  explicit Script(World& world);
  void start();

 private:
  void on_event(uint32_t kind, uint64_t value) override;
  /// kUnavailable: again later.
  Status run(const Words& words);
  Status rollout(const Words& words);
  Status operate(const Words& words);
  Status revoke(const Words& words);
  void broker(const Words& words);
  void away(const Words& words);
  void storm(const Words& words);
  void lose_journals(const Words& words);
  /// The devices of a step: the share "50%" of the fleet, the same for the same seed and step.
  std::vector<uint32_t> share(const Words& words, const std::string& stream) const;

  enum Kind : uint32_t { kStep, kBrokerBack, kBack, kCycle };

  World& world_;
  Registrar registrar_;
  const TargetId self_;
  uint64_t epoch_ = 1;          ///< of the newest keyset
  std::set<uint64_t> waiting_;  ///< steps that may wait, and do
  std::set<uint64_t> tried_;    ///< steps that were not taken at once
};

}  // namespace flotilla::sim
