#pragma once

#include <functional>
#include <string>

#include "tests/support/edge_world.h"

namespace flotilla::edge::test {

/// A course of events that must reach its goal however often the power fails.
struct Scenario {
  std::string name;
  WorldOptions options;
  /// Before the power may fail.
  std::function<void(World&)> prepare;
  /// What the broker keeps telling a device that connects.
  std::function<void(World&)> tell;
  std::function<bool(World&)> reached;
  /// Chunks of the transfers of this course: no more erasures than these, and one for each cut.
  uint32_t chunks = 0;
};

/// What an enumeration did.
struct CutCount {
  uint64_t operations = 0;  ///< of the undisturbed course
  uint64_t single = 0;
  uint64_t twice = 0;
  uint64_t failed = 0;
  std::string first_failure;  ///< with everything to repeat it
};

/// Cuts before, inside and after every operation of the course, with unsynced bytes kept and
/// scrambled, and for each of these `second_cuts` times again at a random place of the recovery.
CutCount enumerate_cuts(const Scenario& scenario, uint32_t second_cuts, uint64_t seed);

}  // namespace flotilla::edge::test
