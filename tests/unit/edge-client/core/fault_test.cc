// Every port operation refuses once, or from then on: the active image stays, and the device says
// what happened or gets over it.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

struct FaultCourse {
  uint32_t operations = 0;  ///< seen
  uint32_t first = UINT32_MAX;
  uint32_t last = UINT32_MAX;

  bool next() {
    const uint32_t number = operations++;
    return number >= first && number <= last;
  }
};

/// Version 1 is confirmed; then version 2 is ordered and the operations first..last fail.
struct Outcome {
  Breaches breaches;
  UpdateState state = UpdateState::kIdle;
  Reason reason = Reason::kNone;
  bool consistent = false;  ///< the application runs what the report calls active
  bool recovers = false;    ///< a new rollout succeeds once the medium works again
  uint32_t operations = 0;
};

Outcome play(uint32_t first, uint32_t last) {
  const std::vector<uint8_t> one = make_image(1, 1000);
  const std::vector<uint8_t> two = vary(one, 2);
  const std::vector<uint8_t> three = vary(one, 3);
  World world;
  EXPECT_TRUE(world.boot().ok());
  world.connect();
  world.send(world.publisher.directive_value(world.publish(one, 1), 1, 1));
  EXPECT_TRUE(world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }));

  FaultCourse course;
  course.first = first;
  course.last = last;
  const auto fails = [&](const std::string&) { return course.next(); };
  world.storage.faults.fails = fails;
  world.journal.faults.fails = fails;
  world.runtime.faults.fails = fails;
  const Directive second = world.publisher.directive_value(world.publish(two, 2), 2, 2);
  world.send(second);
  world.settle(seconds(60));
  world.send(second);
  world.settle(seconds(3000));
  Outcome out;
  out.operations = course.operations;
  world.storage.faults.fails = nullptr;
  world.journal.faults.fails = nullptr;
  world.runtime.faults.fails = nullptr;
  world.settle(seconds(60));
  out.state = world.update_state();
  out.reason = world.state().reason;
  out.consistent = world.runtime.app(0).loaded == world.state().active_digest &&
                   world.active_digest() == world.state().active_digest;
  world.send(world.publisher.directive_value(world.publish(three, 3), 3, 3));
  out.recovers = world.run_until([&] {
    return world.update_state() == UpdateState::kConfirmed && world.state().rollout == 3;
  });
  world.power_cycle();
  EXPECT_TRUE(world.boot().ok());
  world.connect();
  world.settle(seconds(10));
  out.recovers = out.recovers && world.state().active_version == 3;
  out.breaches = world.breaches;
  return out;
}

void expect_harmless(const Outcome& outcome, const std::string& what) {
  EXPECT_EQ(outcome.breaches, Breaches{}) << what;
  EXPECT_TRUE(outcome.consistent) << what;
  EXPECT_TRUE(outcome.recovers) << what;
  const bool ended = outcome.state == UpdateState::kConfirmed ||
                     outcome.state == UpdateState::kFailed ||
                     outcome.state == UpdateState::kReverted;
  EXPECT_TRUE(ended) << what << " state " << static_cast<int>(outcome.state);
}

TEST(FaultTest, EveryOperationFailsOnce) {
  const uint32_t operations = play(UINT32_MAX, UINT32_MAX).operations;
  ASSERT_GT(operations, 50u);
  for (uint32_t at = 0; at < operations; ++at) {
    expect_harmless(play(at, at), "operation " + std::to_string(at));
  }
}

TEST(FaultTest, EveryOperationFailsFromThenOn) {
  const uint32_t operations = play(UINT32_MAX, UINT32_MAX).operations;
  for (uint32_t at = 0; at < operations; ++at) {
    const Outcome outcome = play(at, UINT32_MAX - 1);
    EXPECT_EQ(outcome.breaches, Breaches{}) << at;
    EXPECT_TRUE(outcome.consistent) << at;
    EXPECT_TRUE(outcome.recovers) << at;
  }
}

TEST(FaultTest, AJournalThatCannotBeReadOrWrittenKeepsTheActiveImage) {
  World world;
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  const std::vector<uint8_t> one = make_image(1, 1000);
  world.send(world.publisher.directive_value(world.publish(one, 1), 1, 1));
  ASSERT_TRUE(world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }));
  world.power_cycle();
  for (const char* broken : {"journal.write", "journal.sync", "journal.read"}) {
    world.journal.faults.fails = [&](const std::string& name) { return name == broken; };
    EXPECT_FALSE(world.boot().ok()) << broken;
    EXPECT_EQ(world.active_digest(), world.crypto.digest_of(one)) << broken;
    EXPECT_EQ(world.device().next_deadline(), kNever);
    world.connect();
    world.settle(seconds(100));
    world.journal.faults.fails = nullptr;
    EXPECT_TRUE(world.device().start(world.keyset.view(), world.now).ok()) << broken;
  }
}

TEST(FaultTest, BothCopiesOfABootRecordLost) {
  World world;
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  const std::vector<uint8_t> one = make_image(1, 1000);
  const Directive directive = world.publisher.directive_value(world.publish(one, 1), 1, 1);
  world.send(directive);
  ASSERT_TRUE(world.run_until([&] { return world.update_state() == UpdateState::kConfirmed; }));
  world.journal.region(JournalArea::kBoot0, 0).fill_all(0);
  world.journal.region(JournalArea::kBoot1, 0).fill_all(0);
  world.power_cycle();
  ASSERT_TRUE(world.boot().ok());
  world.connect();
  world.settle(seconds(1));
  // Not repaired, since nobody knows which slot is in use; but the application goes on, the report
  // says it, and no order is carried out.
  const uint32_t writes = world.writes();
  world.send(world.publisher.directive_value(world.publish(make_image(2, 1000), 2), 2, 2));
  world.settle(seconds(100));
  EXPECT_EQ(world.writes(), writes);
  EXPECT_EQ(world.breaches, Breaches{});
  EXPECT_EQ(world.active_digest(), world.crypto.digest_of(one));
  EXPECT_EQ(world.state().reason, Reason::kStorageError);
}

}  // namespace
}  // namespace flotilla::edge::test
