// Cuts the power before, inside and after every operation on every medium, and again during the
// recovery (docs/spec/journal.md, "What is promised").

#include <gtest/gtest.h>

#include <iostream>

#include "simulator/power/courses.h"

namespace flotilla::edge::test {
namespace {

constexpr CourseSize kSize{2200, 128};
constexpr uint32_t kSecondCuts = 2;

class PowerCutTest : public ::testing::TestWithParam<size_t> {};

TEST_P(PowerCutTest, TheGoalIsAlwaysReached) {
  const Scenario scenario = make_courses(kSize)[GetParam()];
  const CutCount count = enumerate_cuts(scenario, kSecondCuts, 42);
  std::cout << scenario.name << ": " << count.operations << " operations, " << count.single
            << " single cuts, " << count.twice << " double cuts, " << count.failed << " failures\n";
  EXPECT_EQ(count.failed, 0u) << count.first_failure;
  EXPECT_GT(count.operations, 10u);
}

INSTANTIATE_TEST_SUITE_P(Courses, PowerCutTest, ::testing::Range<size_t>(0, 7));

}  // namespace
}  // namespace flotilla::edge::test
