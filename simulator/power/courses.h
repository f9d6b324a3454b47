#pragma once

#include <string>
#include <vector>

#include "simulator/power/mutants.h"
#include "simulator/power/power_cuts.h"

namespace flotilla::edge::test {

/// How large the images of a course are, and how they are cut into chunks.
struct CourseSize {
  size_t image = 700;
  uint32_t range = 128;
};

/// What a device can be in the middle of when the power fails: installs, updates, reverts and
/// rollbacks, each with its goal.
std::vector<Scenario> make_courses(const CourseSize& size);
/// From version 1 to 2 by a delta, without a full payload to fall back on.
Scenario delta_only(const CourseSize& size);

/// A defect between device and media, and the medium on which it shows.
struct PlantedDefect {
  std::string name;
  Unsynced medium = Unsynced::kBlock;
  std::function<void(World&)> plant;
};
std::vector<PlantedDefect> planted_defects();

}  // namespace flotilla::edge::test
