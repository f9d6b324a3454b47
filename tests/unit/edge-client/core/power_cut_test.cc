// Cuts the power before, inside and after every operation on every medium, and again during the
// recovery (docs/spec/journal.md, "What is promised").

#include <gtest/gtest.h>

#include <iostream>

#include "tests/support/edge_power_cuts.h"

namespace flotilla::edge::test {
namespace {

constexpr size_t kImageSize = 2200;
constexpr uint32_t kChunks = (kImageSize + 127) / 128;
constexpr uint32_t kSecondCuts = 2;

const std::vector<uint8_t>& image(int version) {
  static const std::vector<uint8_t> first = make_image(1, kImageSize);
  static const std::vector<uint8_t> second = vary(first, 2);
  return version == 1 ? first : second;
}

/// Encoding and proving take longer than a whole course, and are the same in all of them.
const Publication& publication(World& world, int version, bool as_delta) {
  static std::map<std::pair<int, bool>, Publication> made;
  const auto key = std::pair{version, as_delta};
  if (made.count(key) == 0) {
    made[key] = world.publish(image(version), static_cast<uint32_t>(version),
                              as_delta ? &image(1) : nullptr);
  }
  world.allow(image(version));
  world.put(made[key]);
  return made[key];
}

Directive first_directive(World& world, uint64_t seq, uint32_t rollout) {
  return world.publisher.directive_value(publication(world, 1, false), seq, rollout);
}

void install_first(World& world) {
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  world.send(first_directive(world, 1, 1));
  ASSERT_TRUE(world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }));
}

/// Version 2 as a delta from version 1 and as a full payload.
Directive second_directive(World& world) {
  const Publication& full = publication(world, 2, false);
  const Publication& delta = publication(world, 2, true);
  Directive directive = world.publisher.directive_value(full, 2, 2);
  directive.offers.clear();
  (void)directive.offers.push_back({world.crypto.digest_of(image(1)), delta.id});
  (void)directive.offers.push_back({Digest{}, full.id});
  directive.floor = 2;
  return directive;
}

bool runs(World& world, int version, UpdateState state, uint32_t rollout) {
  return world.update_state() == state && world.state().rollout == rollout &&
         world.active_digest() == world.crypto.digest_of(image(version)) &&
         world.runtime.app(0).loaded == world.active_digest();
}

void expect_no_failure(const Scenario& scenario) {
  const CutCount count = enumerate_cuts(scenario, kSecondCuts, 42);
  std::cout << scenario.name << ": " << count.operations << " operations, " << count.single
            << " single cuts, " << count.twice << " double cuts, " << count.failed << " failures\n";
  EXPECT_EQ(count.failed, 0u) << count.first_failure;
  EXPECT_GT(count.operations, 10u);
}

TEST(PowerCutTest, FirstInstallFromAFullPayload) {
  Scenario scenario{"first install", {}, {}, {}, {}, kChunks};
  scenario.prepare = [](World&) {};
  scenario.tell = [](World& world) { world.send(first_directive(world, 1, 1)); };
  scenario.reached = [](World& world) { return runs(world, 1, UpdateState::kConfirmed, 1); };
  expect_no_failure(scenario);
}

TEST(PowerCutTest, UpdateFromADelta) {
  Scenario scenario{"delta update", {}, install_first, {}, {}, kChunks};
  scenario.tell = [](World& world) { world.send(second_directive(world)); };
  scenario.reached = [](World& world) {
    return runs(world, 2, UpdateState::kConfirmed, 2) && world.state().floor == 2;
  };
  expect_no_failure(scenario);
}

TEST(PowerCutTest, UpdateThatDoesNotWorkReverts) {
  Scenario scenario{"revert", {}, install_first, {}, {}, kChunks};
  scenario.tell = [](World& world) {
    const Digest bad = world.crypto.digest_of(image(2));
    world.runtime.judge = [bad](uint8_t, HealthSample& sample) {
      if (sample.loaded_digest == bad) sample.healthy = false;
    };
    world.send(second_directive(world));
  };
  scenario.reached = [](World& world) { return runs(world, 1, UpdateState::kReverted, 2); };
  expect_no_failure(scenario);
}

TEST(PowerCutTest, FirstInstallThatDoesNotWorkRevertsToNoModel) {
  Scenario scenario{"revert to nothing", {}, {}, {}, {}, kChunks};
  scenario.prepare = [](World&) {};
  scenario.tell = [](World& world) {
    world.runtime.judge = [](uint8_t, HealthSample& sample) { sample.healthy = false; };
    world.send(first_directive(world, 1, 1));
  };
  scenario.reached = [](World& world) {
    return world.update_state() == UpdateState::kReverted &&
           world.runtime.app(0).slot == Slot::kNone && !world.runtime.app(0).running;
  };
  expect_no_failure(scenario);
}

TEST(PowerCutTest, RollbackToTheSpareSlot) {
  Scenario scenario{"rollback", {}, {}, {}, {}, 0};
  scenario.prepare = [](World& world) {
    install_first(world);
    Directive directive = second_directive(world);
    directive.floor = 0;
    world.send(directive);
    ASSERT_TRUE(world.run_until([&] { return runs(world, 2, UpdateState::kConfirmed, 2); }));
  };
  scenario.tell = [](World& world) {
    Directive directive = first_directive(world, 3, 2);
    directive.verb = Verb::kRollback;
    world.send(directive);
  };
  scenario.reached = [](World& world) { return runs(world, 1, UpdateState::kConfirmed, 2); };
  expect_no_failure(scenario);
}

TEST(PowerCutTest, UpdateUnderANewKeyset) {
  Scenario scenario{"keyset and update", {}, install_first, {}, {}, kChunks};
  scenario.tell = [](World& world) {
    const auto next = world.publisher.keyset(world.publisher.keyset_value(2), {Publisher::root()});
    world.device().on_keyset(next.view(), world.now);
    Directive directive = second_directive(world);
    directive.epoch = 2;
    world.send(directive);
  };
  scenario.reached = [](World& world) { return runs(world, 2, UpdateState::kConfirmed, 2); };
  expect_no_failure(scenario);
}

}  // namespace
}  // namespace flotilla::edge::test
