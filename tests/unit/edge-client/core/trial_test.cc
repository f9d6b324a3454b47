// Trials: what confirms, what reverts, and what restarts do to them.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class TrialTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    install(first_, 1);
  }

  /// Sends version 2 (5 s of health wanted, deadline 60 s) with an application that `judge` spoils.
  void try_second(std::function<void(HealthSample&)> judge) {
    const Digest image = digest(second_);
    world_.runtime.judge = [image, judge](uint8_t, HealthSample& sample) {
      if (sample.loaded_digest == image) judge(sample);
    };
    world_.send(order(world_.publish(second_, 2)));
    ASSERT_TRUE(reaches(UpdateState::kTrial));
    began_ = world_.now;
  }
  void expect_revert(Reason reason, Duration at_least, Duration at_most) {
    ASSERT_TRUE(reaches(UpdateState::kReverted));
    EXPECT_EQ(world_.state().reason, reason);
    EXPECT_GE(world_.now - began_, at_least);
    EXPECT_LE(world_.now - began_, at_most);
    EXPECT_EQ(world_.active_digest(), digest(first_));
    EXPECT_EQ(world_.runtime.app(0).loaded, digest(first_));
    EXPECT_EQ(world_.state().active_digest, digest(first_));
    EXPECT_EQ(world_.state().spare_digest, digest(second_));
    EXPECT_EQ(world_.outbox.attestations.back().outcome, UpdateState::kReverted);
    EXPECT_EQ(world_.outbox.attestations.back().measured_digest, digest(first_));
  }

  MonoTime began_;
};

TEST_F(TrialTest, ConfirmsAfterHealthWithoutABreak) {
  try_second([](HealthSample&) {});
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_GE(world_.now - began_, seconds(5));
  EXPECT_LE(world_.now - began_, seconds(8));
}

/// The word of the moment of confirmation, also after a restart with an application that is silent.
TEST_F(TrialTest, AnEngineThatTheApplicationBuiltIsAttested) {
  const Digest engine = digest(third_);
  try_second([engine](HealthSample& sample) { sample.engine_digest = engine; });
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  world_.settle();
  EXPECT_EQ(world_.outbox.attestations.back().engine_digest, engine);
  EXPECT_EQ(world_.outbox.attestations.back().measured_digest, digest(second_));
  world_.runtime.judge = [](uint8_t, HealthSample& sample) { sample.present = false; };
  restart();
  EXPECT_EQ(world_.outbox.attestations.back().engine_digest, engine);
  world_.runtime.judge = nullptr;
  install(third_, 3);
  world_.settle();
  EXPECT_TRUE(world_.outbox.attestations.back().engine_digest.is_none()) << "of that image";
}

TEST_F(TrialTest, RevertsWhenTheApplicationSaysNothing) {
  try_second([](HealthSample& sample) { sample.present = false; });
  expect_revert(Reason::kHealthTimeout, seconds(60), seconds(62));
}

TEST_F(TrialTest, RevertsWhenTheApplicationRunsSomethingElse) {
  const Digest other = digest(third_);
  try_second([other](HealthSample& sample) { sample.loaded_digest = other; });
  expect_revert(Reason::kHealthWrongDigest, seconds(60), seconds(62));
}

TEST_F(TrialTest, ToleratesAColdStart) {
  const MonoTime begin = world_.now;
  try_second(
      [this, begin](HealthSample& sample) { sample.healthy = world_.now - begin > seconds(6); });
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(TrialTest, RevertsWhenUnhealthyForLongerThanTheGrace) {
  try_second([](HealthSample& sample) { sample.healthy = false; });
  expect_revert(Reason::kUnhealthy, seconds(10), seconds(13));
}

TEST_F(TrialTest, RevertsAtOnceWhenHealthIsLost) {
  const MonoTime begin = world_.now;
  try_second(
      [this, begin](HealthSample& sample) { sample.healthy = world_.now - begin < seconds(4); });
  expect_revert(Reason::kUnhealthy, seconds(0), seconds(5));
}

TEST_F(TrialTest, ASilenceBreaksTheHealth) {
  const MonoTime begin = world_.now;
  try_second([this, begin](HealthSample& sample) {
    sample.present = (world_.now - begin).ms / 1000 % 4 != 3;
  });
  expect_revert(Reason::kHealthTimeout, seconds(60), seconds(62));
}

TEST_F(TrialTest, EachRestartTakesAnAttempt) {
  try_second([](HealthSample& sample) { sample.present = false; });
  for (int i = 0; i < 3; ++i) {
    restart();
    EXPECT_EQ(world_.update_state(), UpdateState::kTrial) << i;
    EXPECT_EQ(world_.active_digest(), digest(second_)) << i;
  }
  restart();
  EXPECT_EQ(world_.update_state(), UpdateState::kReverted);
  EXPECT_EQ(world_.state().reason, Reason::kAttemptsExhausted);
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.runtime.app(0).loaded, digest(first_));
}

TEST_F(TrialTest, AnImageThatStopsTheDeviceIsGivenUp) {
  int activations = 0;
  world_.runtime.faults.fails = [&](const std::string& operation) {
    const bool loads = operation == "runtime.reload" && !world_.power.is_off();
    if (!loads || world_.active_digest() != digest(second_)) return false;
    ++activations;
    world_.power.turn_off();
    return true;
  };
  world_.send(order(world_.publish(second_, 2)));
  for (int life = 0; life < 10 && !reaches(UpdateState::kReverted); ++life) {
    world_.power_cycle();
    (void)world_.boot();
    if (!world_.power.is_off()) world_.connect();
  }
  EXPECT_EQ(world_.update_state(), UpdateState::kReverted);
  EXPECT_EQ(activations, 1 + 3);
  EXPECT_EQ(world_.active_digest(), digest(first_));
}

TEST_F(TrialTest, RevertsWhenTheRuntimeRefuses) {
  world_.runtime.faults.fails = [this](const std::string& operation) {
    return operation == "runtime.reload" && world_.active_digest() == digest(second_);
  };
  world_.send(order(world_.publish(second_, 2)));
  ASSERT_TRUE(reaches(UpdateState::kReverted));
  EXPECT_EQ(world_.state().reason, Reason::kActivationFailed);
  EXPECT_EQ(world_.active_digest(), digest(first_));
}

TEST_F(TrialTest, AsksTheRuntimeAgainUntilItHasReverted) {
  try_second([](HealthSample& sample) { sample.healthy = false; });
  int refusals = 3;
  world_.runtime.faults.fails = [&](const std::string& operation) {
    return operation == "runtime.activate" && refusals-- > 0;
  };
  ASSERT_TRUE(reaches(UpdateState::kReverted));
  world_.settle(seconds(60));
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.runtime.app(0).loaded, digest(first_));
}

TEST_F(TrialTest, RestartedProcessFindsTheApplicationOnTheWrongImage) {
  // The record says reverted, but the process died before the application was told.
  try_second([](HealthSample& sample) { sample.healthy = false; });
  world_.runtime.faults.fails = [](const std::string& operation) {
    return operation == "runtime.activate";
  };
  ASSERT_TRUE(reaches(UpdateState::kReverted));
  world_.runtime.faults.fails = nullptr;
  EXPECT_EQ(world_.runtime.app(0).loaded, digest(second_));
  ASSERT_TRUE(world_.boot().ok());
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.runtime.app(0).loaded, digest(first_));
}

TEST_F(TrialTest, ARestartDoesNotDisturbAHealthyApplication) {
  const uint32_t reloads = world_.runtime.reloads;
  ASSERT_TRUE(world_.boot().ok());
  world_.connect();
  world_.settle(seconds(60));
  EXPECT_EQ(world_.runtime.reloads, reloads);
}

}  // namespace
}  // namespace flotilla::edge::test
