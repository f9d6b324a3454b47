// State and health reports: their order, repetition and acknowledgement.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class ReportTest : public DeviceTest {
 protected:
  Acknowledgement ack_of(const ReportOrder& order) {
    Acknowledgement ack;
    ack.order = order;
    return ack;
  }
  std::vector<MonoTime> send_times(Duration limit) {
    std::vector<MonoTime> times;
    world_.outbox.on_state = [&](const StateReport&) { times.push_back(world_.now); };
    world_.disconnect();
    world_.connect();
    world_.settle(limit);
    return times;
  }
};

TEST_F(ReportTest, AConnectionReportsAtOnce) {
  const size_t before = world_.outbox.states.size();
  world_.disconnect();
  world_.settle(seconds(100));
  EXPECT_EQ(world_.outbox.states.size(), before);
  world_.connect();
  ASSERT_EQ(world_.outbox.states.size(), before + 1);
  EXPECT_EQ(world_.outbox.states.back().device.view(), "cam-07");
  EXPECT_EQ(world_.outbox.states.back().hardware_class.view(), "cam");
  EXPECT_EQ(world_.outbox.states.back().order, world_.device().order());
}

TEST_F(ReportTest, RepeatsWithGrowingPausesUntilAcknowledged) {
  const std::vector<MonoTime> times = send_times(seconds(7200));
  ASSERT_GT(times.size(), 10u);
  EXPECT_LT(times.size(), 60u);
  EXPECT_LE(times[1] - times[0], seconds(3));
  EXPECT_GE((times.back() - times[times.size() - 2]), seconds(225));
  EXPECT_LE((times.back() - times[times.size() - 2]), seconds(375));
  const ReportOrder order = world_.outbox.states.back().order;
  for (size_t i = world_.outbox.states.size() - times.size(); i < world_.outbox.states.size();
       ++i) {
    EXPECT_EQ(world_.outbox.states[i].order, order);
  }
  world_.device().on_acknowledgement(ack_of(order), world_.now);
  const size_t before = world_.outbox.states.size();
  world_.settle(seconds(7200));
  EXPECT_EQ(world_.outbox.states.size(), before);
}

TEST_F(ReportTest, OnlyACoveringAcknowledgementEndsTheRepetition) {
  world_.acknowledge = false;
  world_.disconnect();
  world_.connect();
  const ReportOrder order = world_.device().order();
  ReportOrder older = order;
  --older.seq;
  ReportOrder stranger = order;
  ++stranger.incarnation;
  world_.device().on_acknowledgement(ack_of(older), world_.now);
  world_.device().on_acknowledgement(ack_of(stranger), world_.now);
  size_t before = world_.outbox.states.size();
  world_.settle(seconds(60));
  EXPECT_GT(world_.outbox.states.size(), before);
  ReportOrder newer = order;
  ++newer.seq;
  world_.device().on_acknowledgement(ack_of(newer), world_.now);
  before = world_.outbox.states.size();
  world_.settle(seconds(3600));
  EXPECT_EQ(world_.outbox.states.size(), before);
}

TEST_F(ReportTest, ARefusedSendIsTriedAgainSoon) {
  int refusals = 3;
  world_.outbox.faults.fails = [&](const std::string& name) {
    return name == "outbox.state" && refusals-- > 0;
  };
  const size_t before = world_.outbox.states.size();
  world_.disconnect();
  world_.connect();
  world_.settle(seconds(10));
  EXPECT_EQ(world_.outbox.states.size(), before + 1);
}

TEST_F(ReportTest, TheOrderGrowsOverBoots) {
  std::vector<ReportOrder> orders = {world_.device().order()};
  for (int i = 0; i < 5; ++i) {
    restart();
    orders.push_back(world_.outbox.states.back().order);
    EXPECT_EQ(orders.back().incarnation, orders.front().incarnation);
    EXPECT_GT(orders.back(), orders[orders.size() - 2]);
    EXPECT_EQ(orders.back().boot_count, orders[orders.size() - 2].boot_count + 1);
  }
}

TEST_F(ReportTest, ANewJournalIsANewIncarnation) {
  const uint64_t before = world_.device().order().incarnation;
  world_.journal.region(JournalArea::kDevice0, 0).fill_all(0xFF);
  world_.journal.region(JournalArea::kDevice1, 0).fill_all(0xFF);
  restart();
  EXPECT_NE(world_.device().order().incarnation, before);
  EXPECT_EQ(world_.device().order().boot_count, 1u);
}

TEST_F(ReportTest, EveryNewContentHasANewNumber) {
  install(first_, 1);
  for (size_t i = 1; i < world_.outbox.states.size(); ++i) {
    const StateReport& a = world_.outbox.states[i - 1];
    const StateReport& b = world_.outbox.states[i];
    EXPECT_LE(a.order, b.order);
    const ModelState& x = a.models[0];
    const ModelState& y = b.models[0];
    const bool differs = x.state != y.state || x.chunks_done != y.chunks_done ||
                         x.active_digest != y.active_digest || x.directive != y.directive;
    if (differs) {
      EXPECT_LT(a.order, b.order);
    }
  }
}

TEST_F(ReportTest, TheAttestationIsTheSameAfterARestart) {
  install(first_, 1);
  world_.settle();
  const Attestation before = world_.outbox.attestations.back();
  restart();
  const Attestation& after = world_.outbox.attestations.back();
  EXPECT_EQ(after.order, before.order);
  EXPECT_EQ(after.rollout, before.rollout);
  EXPECT_EQ(after.release_digest, before.release_digest);
  EXPECT_EQ(after.measured_digest, before.measured_digest);
}

TEST_F(ReportTest, WithoutAnAttestationTheStateIsStillReported) {
  world_.outbox.faults.fails = [](const std::string& name) { return name == "outbox.attest"; };
  install(first_, 1);
  EXPECT_EQ(world_.update_state(), UpdateState::kConfirmed);
}

TEST_F(ReportTest, HealthGoesOutAtItsInterval) {
  install(first_, 1);
  world_.outbox.healths.clear();
  world_.settle(seconds(600));
  EXPECT_EQ(world_.outbox.healths.size(), 10u);
  const HealthReport& report = world_.outbox.healths.back();
  ASSERT_EQ(report.models.size(), 1u);
  EXPECT_EQ(report.models[0].loaded_digest, digest(first_));
  EXPECT_TRUE(report.models[0].healthy);
  EXPECT_GE(report.uptime_s, 600u);
}

TEST_F(ReportTest, ProgressIsReportedWhileATransferRuns) {
  const Publication full = world_.publish(first_, 1);
  world_.answer_groups = false;
  world_.send(order(full));
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  world_.settle();
  for (uint32_t i = 0; i < 7; ++i) world_.deliver_chunk(full, i);
  world_.settle(seconds(61));
  EXPECT_EQ(world_.state().chunks_done, 7u);
  EXPECT_EQ(world_.state().chunks_total, 18u);
  EXPECT_GT(world_.state().bytes_received, 7u * 64);
}

TEST_F(ReportTest, RemembersTheReconnectWindow) {
  EXPECT_EQ(world_.device().reconnect_window_s(), 0u);
  Acknowledgement ack = ack_of(world_.device().order());
  ack.reconnect_window_s = 120;
  world_.device().on_acknowledgement(ack, world_.now);
  EXPECT_EQ(world_.device().reconnect_window_s(), 120u);
}

}  // namespace
}  // namespace flotilla::edge::test
