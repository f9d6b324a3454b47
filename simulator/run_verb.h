#pragma once

#include <string>
#include <vector>

#include "simulator/run_report.h"

namespace flotilla::sim {

struct RunOptions {
  uint64_t seed = 1;
  uint32_t devices = 0;  ///< 0: what the scenario says
  Duration duration;     ///< 0: what the scenario says
  bool real_digests = false;
};

/// One run of a scenario.
RunReport run_scenario(Scenario scenario, const RunOptions& options);

/// By name, or from a file when `name` contains a slash or a dot.
std::optional<Scenario> find_scenario(const std::string& name, std::string& why);

/// The verbs' main functions: exit codes.
int run_verb(const std::vector<std::string>& arguments);
int list_verb(const std::vector<std::string>& arguments);

}  // namespace flotilla::sim
