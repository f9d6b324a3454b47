#include "simulator/shrink.h"

#include <gtest/gtest.h>

#include "simulator/run_verb.h"
#include "simulator/world/scenario_text.h"

namespace flotilla::sim {
namespace {

Scenario read(const std::string& name) {
  std::string why;
  const auto scenario = find_scenario(name, why);
  EXPECT_TRUE(scenario) << why;
  return *scenario;
}

TEST(SimShrink, AFileSaysWhatTheScenarioIs) {
  for (const auto& [name, text] : known_scenarios()) {
    const std::string file = as_file(read(name));
    std::string why;
    const auto again = parse_scenario(name, file, why);
    ASSERT_TRUE(again) << why << "\n" << file;
    EXPECT_EQ(as_file(*again), file);
    EXPECT_EQ(again->steps.size(), read(name).steps.size());
    EXPECT_EQ(again->spells.size(), read(name).spells.size());
  }
}

TEST(SimShrink, KeepsWhatTheFailureNeedsAndNothingElse) {
  // It "fails" while the controller may crash, rollout 2 is started and three devices are there.
  const StillFails still_fails = [](const Scenario& scenario) {
    bool crashes = false;
    for (const Spell& spell : scenario.spells)
      crashes = crashes || spell.words.at(0) == "controller_crashes";
    bool second = false;
    for (const Step& step : scenario.steps)
      second = second || (step.words.at(0) == "rollout" && step.words.at(1) == "2");
    return crashes && second && scenario.settings.devices >= 3 &&
           scenario.settings.duration.ms >= 600'000;
  };
  const Scenario whole = read("rough-sea");
  const Shrunken small = shrink(whole, still_fails, false, 500);
  EXPECT_EQ(small.scenario.settings.devices, 4u);
  EXPECT_EQ(small.scenario.spells.size(), 1u);
  EXPECT_EQ(small.scenario.steps.size(), 1u);
  EXPECT_LT(small.scenario.settings.duration.ms, 1'200'000);
  EXPECT_TRUE(still_fails(small.scenario));
  const Shrunken goal = shrink(whole, still_fails, true, 500);
  EXPECT_EQ(goal.scenario.steps.size(), whole.steps.size()) << "the course stays";
  EXPECT_EQ(goal.scenario.settings.duration.ms, whole.settings.duration.ms);
}

}  // namespace
}  // namespace flotilla::sim
