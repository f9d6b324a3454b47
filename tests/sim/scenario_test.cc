#include "simulator/world/scenario.h"

#include <gtest/gtest.h>

namespace flotilla::sim {
namespace {

TEST(SimScenario, ReadsItsLines) {
  std::string why;
  const auto scenario = parse_scenario("x",
                                       "# comment\ntitle A title\nset devices 7\nset health 30s\n"
                                       "at 2m rollout 1 canary=10%\nduring 1m 2h lose 500ppm\n"
                                       "expect fleet 1 share=90%\n",
                                       why);
  ASSERT_TRUE(scenario) << why;
  EXPECT_EQ(scenario->title, "A title");
  EXPECT_EQ(scenario->settings.devices, 7u);
  EXPECT_EQ(scenario->settings.health, seconds(30));
  ASSERT_EQ(scenario->steps.size(), 1u);
  EXPECT_EQ(scenario->steps[0].at, seconds(120));
  EXPECT_EQ(scenario->steps[0].words.at(0), "rollout");
  EXPECT_EQ(scenario->steps[0].words.number("canary", 0), 10u);
  ASSERT_EQ(scenario->spells.size(), 1u);
  EXPECT_EQ(scenario->calm_at(), seconds(7200));
  EXPECT_EQ(scenario->expects[0].number("share", 100), 90u);
}

TEST(SimScenario, NamesTheLineThatIsWrong) {
  std::string why;
  EXPECT_FALSE(parse_scenario("x", "title t\nset nonsense 1\n", why));
  EXPECT_EQ(why, "x:2: unknown setting 'nonsense'");
  EXPECT_FALSE(parse_scenario("x", "title t\nat soon rollout 1\n", why));
  EXPECT_EQ(why, "x:2: no time after 'at'");
  EXPECT_FALSE(parse_scenario("x", "set devices 3\n", why));
}

TEST(SimScenario, EveryOneThatComesAlongIsComplete) {
  EXPECT_GE(known_scenarios().size(), 5u);
  for (const auto& [name, text] : known_scenarios()) {
    std::string why;
    const auto scenario = parse_scenario(name, text, why);
    ASSERT_TRUE(scenario) << why;
    EXPECT_FALSE(scenario->shows.empty()) << name;
    EXPECT_FALSE(scenario->holds.empty()) << name;
    EXPECT_GT(scenario->settings.duration, scenario->calm_at()) << name << " ends in the chaos";
  }
}

}  // namespace
}  // namespace flotilla::sim
