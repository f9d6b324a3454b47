#pragma once

#include <functional>
#include <string>

#include "simulator/power/world.h"

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
  /// A defect between the device and its media, or none.
  std::function<void(World&)> plant = {};
};

/// What an enumeration did.
struct CutCount {
  uint64_t operations = 0;  ///< of the undisturbed course
  uint64_t single = 0;
  uint64_t twice = 0;
  uint64_t bytes = 0;  ///< cuts inside an operation, at a byte that was chosen
  uint64_t failed = 0;
  std::string first_failure;  ///< with everything to repeat it
};

/// Cuts before, inside and after every operation of the course, with unsynced bytes kept and
/// scrambled, and for each of these `second_cuts` times again at a random place of the recovery.
CutCount enumerate_cuts(const Scenario& scenario, uint32_t second_cuts, uint64_t seed);

/// How thoroughly enumerate_bytes() goes about it.
struct ByteCuts {
  Unsynced medium = Unsynced::kNor;
  uint32_t stride = 1;       ///< 1: at every byte of every write
  uint32_t second_each = 1;  ///< a second cut, during recovery, after each such many first ones
  bool stops_at_first_failure = false;
  uint64_t seed = 1;
};

/// Cuts before, inside and after every operation, and before every byte that it writes, on one kind
/// of medium.
CutCount enumerate_bytes(const Scenario& scenario, const ByteCuts& how);

}  // namespace flotilla::edge::test
