#pragma once

#include <cstdint>
#include <string>

#include "simulator/world/world.h"

namespace flotilla::sim {

/// How a rollout of the run ended.
struct RolloutEnd {
  uint32_t id = 0;
  uint32_t version = 0;
  std::string state;
  size_t assigned = 0;
  size_t confirmed = 0;
};

/// What is told about a run.
struct RunReport {
  std::string scenario;
  uint64_t seed = 0;
  uint32_t devices = 0;
  Duration virtual_time;
  double wall_seconds = 0;
  double cpu_seconds = 0;  ///< of the one thread that runs it
  uint64_t events = 0;
  uint64_t messages = 0;
  uint64_t trace_hash = 0;
  uint32_t crashes = 0;  ///< of the controller
  std::vector<RolloutEnd> rollouts;
  Verdict verdict;
  std::string replay;  ///< the command that does it again
};

std::string as_json(const RunReport& report);
std::string hash_line(const RunReport& report);
/// A few lines for people.
std::string as_text(const RunReport& report);

}  // namespace flotilla::sim
