#pragma once

#include <string>

#include "simulator/world/scenario.h"

namespace flotilla::sim {

/// The scenario as a file that parse_scenario() reads: the same settings, lines and order.
std::string as_file(const Scenario& scenario);

}  // namespace flotilla::sim
