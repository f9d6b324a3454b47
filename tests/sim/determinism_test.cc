#include <gtest/gtest.h>

#include "simulator/run_verb.h"

namespace flotilla::sim {
namespace {

RunReport run(const std::string& name, uint64_t seed) {
  std::string why;
  const auto scenario = find_scenario(name, why);
  EXPECT_TRUE(scenario) << why;
  RunOptions options;
  options.seed = seed;
  options.devices = 6;
  return run_scenario(*scenario, options);
}

TEST(SimDeterminism, TheSameSeedDoesTheSame) {
  for (const char* name : {"plain-rollout", "rough-sea"}) {
    const RunReport first = run(name, 5);
    const RunReport second = run(name, 5);
    EXPECT_EQ(first.trace_hash, second.trace_hash) << name;
    EXPECT_EQ(first.events, second.events) << name;
    EXPECT_NE(first.trace_hash, run(name, 6).trace_hash) << name;
  }
}

TEST(SimDeterminism, SeedsThatOnceFailed) {
  struct Seed {
    const char* scenario;
    uint64_t seed;
    uint32_t devices;
  };
  for (const Seed& seed : {Seed{"lossy-broker", 1, 30}, Seed{"lossy-broker", 26, 30},
                           Seed{"power-storm", 22, 30}, Seed{"rough-sea", 50, 25},
                           Seed{"operator-chaos", 125, 10}, Seed{"operator-chaos", 182, 10}}) {
    std::string why;
    RunOptions options;
    options.seed = seed.seed;
    options.devices = seed.devices;
    const RunReport report = run_scenario(*find_scenario(seed.scenario, why), options);
    EXPECT_TRUE(report.verdict.ok()) << as_text(report);
  }
}

}  // namespace
}  // namespace flotilla::sim
