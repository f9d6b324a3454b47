#pragma once

#include <cstdint>
#include <functional>

#include "simulator/world/scenario.h"

namespace flotilla::sim {

/// True when the scenario, run with the same seed, still breaks the same rule.
using StillFails = std::function<bool(const Scenario&)>;

struct Shrunken {
  Scenario scenario;
  uint32_t runs = 0;
};

/// Makes a failing scenario smaller as long as it fails: fewer devices, fewer faults, steps and
/// expectations (delta debugging over each list), less time. Never larger; at most `max_runs` runs.
/// `keeps_course`: rollouts and the time that they take stay, since a goal that nobody works on is
/// missed for no reason; for rules about what must come to pass.
Shrunken shrink(const Scenario& failing, const StillFails& still_fails, bool keeps_course,
                uint32_t max_runs);

}  // namespace flotilla::sim
