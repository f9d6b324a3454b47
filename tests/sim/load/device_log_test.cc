#include "simulator/load/swarm/device_log.h"

#include <gtest/gtest.h>

#include <memory>

namespace flotilla::sim {
namespace {

class DeviceLogTest : public testing::Test {
 protected:
  PhaseCells& phase(Phase which) { return cells.phases[static_cast<size_t>(which)]; }
  uint64_t reached(Phase which, Step step) {
    return phase(which).reached[static_cast<size_t>(step)].load();
  }
  static ModelState state(uint32_t rollout, UpdateState at, uint64_t bytes = 0) {
    ModelState out;
    out.rollout = rollout;
    out.state = at;
    out.bytes_received = bytes;
    return out;
  }

  std::unique_ptr<Board> board = std::make_unique<Board>();
  SwarmCells& cells = board->swarms[0];
  DeviceLog log{*board, cells, 0};
};

TEST_F(DeviceLogTest, EachStepCountsOnceAndStepsThatWerePassedCountToo) {
  board->start_ms[0] = 1000;
  log.report(state(1, UpdateState::kTransferring), MonoTime{2000});
  log.report(state(1, UpdateState::kTransferring), MonoTime{2500});
  log.report(state(1, UpdateState::kTrial), MonoTime{4000});
  log.report(state(1, UpdateState::kConfirmed, 700), MonoTime{9000});
  log.report(state(1, UpdateState::kConfirmed, 700), MonoTime{9100});
  for (const Step step : {Step::kTransferring, Step::kStaged, Step::kTrial, Step::kConfirmed}) {
    EXPECT_EQ(reached(Phase::kInstall, step), 1u) << step_name(step);
  }
  EXPECT_EQ(reached(Phase::kInstall, Step::kReverted), 0u);
  Distribution confirmed;
  confirmed.add(phase(Phase::kInstall).confirmed_ms);
  EXPECT_EQ(confirmed.quantile(1), bucket_floor(bucket_of(8000)));
  Distribution trial;
  trial.add(phase(Phase::kInstall).trial_ms);
  EXPECT_EQ(trial.quantile(1), bucket_floor(bucket_of(5000)));
}

TEST_F(DeviceLogTest, WhoWasOrderedBackDidNotRevertByItself) {
  log.report(state(1, UpdateState::kConfirmed), MonoTime{10});
  ModelState ordered = state(1, UpdateState::kReverted);
  ordered.reason = Reason::kOrdered;
  log.report(ordered, MonoTime{20});
  EXPECT_EQ(reached(Phase::kInstall, Step::kReverted), 0u);
  EXPECT_EQ(reached(Phase::kInstall, Step::kRolledBack), 1u);
  EXPECT_EQ(reached(Phase::kInstall, Step::kConfirmed), 1u);
}

TEST_F(DeviceLogTest, ARollbackConfirmsTheOldImageAndIsNoSuccess) {
  DeviceLog other(*board, cells, 0);
  log.report(state(1, UpdateState::kReverted), MonoTime{10});
  log.report(state(1, UpdateState::kReverted), MonoTime{11});
  EXPECT_EQ(reached(Phase::kInstall, Step::kRolledBack), 0u);
  log.report(state(1, UpdateState::kConfirmed), MonoTime{20});
  ModelState updated = state(1, UpdateState::kConfirmed);
  updated.active_version = 2;
  other.report(updated, MonoTime{10});
  updated.active_version = 1;
  other.report(updated, MonoTime{20});
  EXPECT_EQ(reached(Phase::kInstall, Step::kReverted), 1u);
  EXPECT_EQ(reached(Phase::kInstall, Step::kConfirmed), 1u);
  EXPECT_EQ(reached(Phase::kInstall, Step::kRolledBack), 2u);
}

TEST_F(DeviceLogTest, ANewRolloutBelongsToThePhaseThatRunsThen) {
  log.report(state(1, UpdateState::kConfirmed), MonoTime{10});
  board->phase = 1;
  log.report(state(1, UpdateState::kConfirmed), MonoTime{20});
  EXPECT_EQ(reached(Phase::kUpdate, Step::kConfirmed), 0u);
  log.report(state(2, UpdateState::kReverted), MonoTime{30});
  EXPECT_EQ(reached(Phase::kUpdate, Step::kReverted), 1u);
  EXPECT_EQ(reached(Phase::kInstall, Step::kConfirmed), 1u);
}

TEST_F(DeviceLogTest, TheLeastBytesOfAClassAreWhatADeviceNeeds) {
  DeviceLog other(*board, cells, 0);
  log.report(state(1, UpdateState::kConfirmed, 900), MonoTime{10});
  other.report(state(1, UpdateState::kConfirmed, 800), MonoTime{10});
  EXPECT_EQ(phase(Phase::kInstall).least_bytes[0].load(), 800u);
  EXPECT_EQ(phase(Phase::kInstall).chunk_bytes[0].load(), 1700u);
}

TEST_F(DeviceLogTest, AHandshakeWithoutAnAnswerIsWasted) {
  log.no_transport(Trouble::kRefused);
  EXPECT_EQ(cells.wasted.load(), 0u) << "nobody shook hands";
  log.no_transport(Trouble::kHandshake);
  EXPECT_EQ(cells.wasted.load(), 1u);
  log.offline(Trouble::kTurnedAway);
  EXPECT_EQ(cells.wasted.load(), 2u);
  log.online(MonoTime{2});
  log.offline(Trouble::kLost);
  EXPECT_EQ(cells.wasted.load(), 2u);
  EXPECT_EQ(cells.accepted.load(), 1u);
  EXPECT_EQ(cells.ended.load(), 1u);
}

TEST_F(DeviceLogTest, OnlyWhoWasThrownOutByTheRestartIsTimed) {
  Distribution back;
  DeviceLog bystander(*board, cells, 0);
  log.online(MonoTime{1});
  bystander.online(MonoTime{1});
  bystander.offline(Trouble::kLost);
  board->broker_killed_ms = 1000;
  log.offline(Trouble::kLost);
  board->broker_back_ms = 2000;
  bystander.online(MonoTime{3000});
  log.online(MonoTime{7000});
  back.add(cells.back_ms);
  EXPECT_EQ(back.count(), 1u);
  EXPECT_EQ(cells.last_back_ms.load(), 5000u);
}

}  // namespace
}  // namespace flotilla::sim
