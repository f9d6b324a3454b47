// The normal course of an update, and what the operator may do to it.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class UpdateTest : public DeviceTest {};

TEST_F(UpdateTest, InstallsTheFirstImageFromAFullPayload) {
  const Publication full = install(first_, 1);
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.state().active_digest, digest(first_));
  EXPECT_EQ(world_.state().active_version, 1u);
  EXPECT_EQ(world_.state().chunks_done, full.pieces.size());
  EXPECT_EQ(world_.delivered.size(), full.pieces.size());
  for (const auto& [chunk, times] : world_.delivered) EXPECT_EQ(times, 1u) << chunk.second;
  ASSERT_FALSE(world_.outbox.attestations.empty());
  const Attestation& attestation = world_.outbox.attestations.back();
  EXPECT_EQ(attestation.outcome, UpdateState::kConfirmed);
  EXPECT_EQ(attestation.release_digest, full.release_digest);
  EXPECT_EQ(attestation.measured_digest, digest(first_));
}

TEST_F(UpdateTest, InstallsTheNextOneFromADelta) {
  install(first_, 1);
  const Publication full = world_.publish(second_, 2);
  const Publication delta = world_.publish(second_, 2, &first_);
  world_.send(order_delta(full, delta));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.state().transfer, delta.id);
  EXPECT_EQ(world_.state().spare_digest, digest(first_));
  EXPECT_EQ(world_.active_digest(), digest(second_));
}

TEST_F(UpdateTest, GoesThroughTheStatesInOrder) {
  install(first_, 1);
  world_.outbox.states.clear();
  install(second_, 2);
  std::vector<UpdateState> seen;
  for (const StateReport& report : world_.outbox.states) {
    const UpdateState state = report.models[0].state;
    if (seen.empty() || seen.back() != state) seen.push_back(state);
  }
  const std::vector<UpdateState> wanted = {UpdateState::kConfirmed, UpdateState::kTransferring,
                                           UpdateState::kStaged, UpdateState::kTrial,
                                           UpdateState::kConfirmed};
  EXPECT_EQ(seen, wanted);
}

TEST_F(UpdateTest, FallsBackToTheFullPayloadWhenTheDeltaLeadsElsewhere) {
  install(first_, 1);
  const Publication full = world_.publish(second_, 2);
  Publication delta = world_.publish(second_, 2, &first_);
  delta.pieces[3].payload = world_.publish(third_, 2, &first_).pieces[3].payload;
  world_.publisher.seal(delta);
  world_.put(delta);
  world_.send(order_delta(full, delta));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.state().transfer, full.id);
  EXPECT_EQ(world_.active_digest(), digest(second_));
}

TEST_F(UpdateTest, FailsWhenNoPayloadLeadsToTheImage) {
  install(first_, 1);
  Publication full = world_.publish(second_, 2);
  full.pieces[3].payload = world_.publish(third_, 2).pieces[3].payload;
  world_.publisher.seal(full);
  world_.put(full);
  world_.send(order(full));
  ASSERT_TRUE(reaches(UpdateState::kFailed));
  EXPECT_EQ(world_.state().reason, Reason::kDigestMismatch);
  EXPECT_EQ(world_.state().spare_digest, Digest{});
  EXPECT_EQ(world_.active_digest(), digest(first_));
}

TEST_F(UpdateTest, RejectsWhenNothingIsOffered) {
  install(first_, 1);
  const Publication delta = world_.publish(third_, 3, &second_);
  Directive directive = order(delta);
  directive.offers.clear();
  (void)directive.offers.push_back({digest(second_), delta.id});
  const uint32_t slot_writes = world_.storage.changes;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kRejected));
  EXPECT_EQ(world_.state().reason, Reason::kNoOffer);
  EXPECT_EQ(world_.storage.changes, slot_writes);
}

TEST_F(UpdateTest, ConfirmsAtOnceWhatItRunsAlready) {
  const Publication full = install(first_, 1);
  const uint32_t slot_writes = world_.storage.changes;
  world_.send(order(full));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed, seconds(1)));
  EXPECT_EQ(world_.storage.changes, slot_writes);
  EXPECT_EQ(world_.outbox.attestations.back().rollout, rollout_);
}

// ---- hold, supersede, rollback

TEST_F(UpdateTest, HoldStopsATransferAndKeepsItsProgress) {
  const Publication full = world_.publish(first_, 1);
  Directive directive = order(full);
  world_.before_chunk = [&](TransferId, uint32_t) {
    if (world_.delivered.size() != 5) return;
    Directive hold = repeat(directive);
    hold.verb = Verb::kHold;
    world_.send(hold);
  };
  world_.send(directive);
  world_.settle(seconds(600));
  EXPECT_EQ(world_.update_state(), UpdateState::kTransferring);
  EXPECT_LT(world_.state().chunks_done, full.pieces.size());
  const uint32_t requests_before = static_cast<uint32_t>(world_.outbox.log.size());
  world_.settle(seconds(600));
  EXPECT_EQ(world_.outbox.log.size(), requests_before);

  world_.before_chunk = nullptr;
  world_.send(repeat(directive));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.storage.erases, full.pieces.size());
}

TEST_F(UpdateTest, HoldKeepsAStagedImageFromItsTrial) {
  world_.answer_self_test = false;
  const Publication full = world_.publish(first_, 1);
  const Directive directive = order(full);
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kStaged));
  Directive hold = repeat(directive);
  hold.verb = Verb::kHold;
  world_.send(hold);
  world_.device().on_self_test(0, SelfTestOutcome::kPassed, "", world_.now);
  world_.settle(seconds(600));
  EXPECT_EQ(world_.update_state(), UpdateState::kStaged);
  EXPECT_EQ(world_.active_digest(), Digest{});
  restart();
  EXPECT_EQ(world_.update_state(), UpdateState::kStaged);
  world_.answer_self_test = true;
  world_.send(repeat(directive));
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, HoldLetsATrialRunToItsEnd) {
  const Directive directive = order(world_.publish(first_, 1));
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  Directive hold = repeat(directive);
  hold.verb = Verb::kHold;
  world_.send(hold);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, ANewerReleaseReplacesOneInTransfer) {
  install(first_, 1);
  const Publication second = world_.publish(second_, 2);
  const Publication third = world_.publish(third_, 3);
  world_.answer_groups = false;
  world_.send(order(second));
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  world_.answer_groups = true;
  world_.send(order(third));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.active_digest(), digest(third_));
  bool superseded = false;
  for (const StateReport& report : world_.outbox.states) {
    superseded |= report.models[0].reason == Reason::kSuperseded;
  }
  EXPECT_TRUE(superseded);
}

TEST_F(UpdateTest, ANewerReleaseWaitsForATrialAndContinuesFromItsImage) {
  install(first_, 1);
  world_.send(order(world_.publish(second_, 2)));
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  const Publication full = world_.publish(third_, 3);
  const Publication delta = world_.publish(third_, 3, &second_);
  world_.send(order_delta(full, delta));
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.active_digest(), digest(third_));
  EXPECT_EQ(world_.state().transfer, delta.id);
  EXPECT_EQ(world_.state().spare_digest, digest(second_));
}

TEST_F(UpdateTest, ARolloutWithoutThisDeviceEndsAnOlderTransfer) {
  const Publication full = world_.publish(first_, 1);
  world_.answer_groups = false;
  world_.send(order(full));
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  Directive elsewhere = order(world_.publish(second_, 2));
  elsewhere.cohort[0].site = Name("other-hall");
  world_.send(elsewhere);
  world_.settle(seconds(10));
  EXPECT_EQ(world_.update_state(), UpdateState::kFailed);
  EXPECT_EQ(world_.state().reason, Reason::kSuperseded);
}

TEST_F(UpdateTest, RollsBackToTheSpareSlotWithoutATransfer) {
  const Publication full = install(first_, 1);
  install(second_, 2);
  const uint32_t slot_writes = world_.storage.changes;
  Directive back = order(full);
  back.verb = Verb::kRollback;
  world_.send(back);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.state().spare_digest, digest(second_));
  EXPECT_EQ(world_.storage.changes, slot_writes);
}

TEST_F(UpdateTest, FetchesASpareImageThatHasRotted) {
  const Publication full = install(first_, 1);
  install(second_, 2);
  const uint8_t rot = 0x5A;
  world_.storage.region(0, Slot::kA).preset(100, {&rot, 1});
  Directive back = order(full);
  back.verb = Verb::kRollback;
  world_.send(back);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.active_digest(), digest(first_));
}

TEST_F(UpdateTest, RollbackEndsATrialAtOnce) {
  const Publication full = install(first_, 1);
  Directive directive = order(world_.publish(second_, 2));
  directive.healthy_for_s = 1000;
  directive.trial_deadline_s = 2000;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  EXPECT_EQ(world_.active_digest(), digest(second_));
  Directive back = order(full);
  back.verb = Verb::kRollback;
  world_.send(back);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed, seconds(10)));
  EXPECT_EQ(world_.active_digest(), digest(first_));
  EXPECT_EQ(world_.runtime.app(0).loaded, digest(first_));
}

// ---- when to start

TEST_F(UpdateTest, WaitsOutsideTheCohort) {
  Directive directive = order(world_.publish(first_, 1));
  directive.cohort[0].site = Name("other-hall");
  world_.send(directive);
  world_.settle(seconds(600));
  EXPECT_EQ(world_.update_state(), UpdateState::kIdle);
  EXPECT_EQ(world_.state().directive.seq, seq_);
  EXPECT_TRUE(world_.outbox.log.empty());
  Directive wider = repeat(directive);
  (void)wider.cohort.push_back(CohortTerm{});
  world_.send(wider);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, StartsAtARandomMomentOfTheWindow) {
  std::set<int64_t> starts;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    WorldOptions options;
    options.seed = seed;
    World world(options);
    ASSERT_TRUE(world.boot().ok());
    world.connect();
    const Publication full = world.publish(first_, 1);
    Directive directive = world.publisher.directive_value(full, 1, 1);
    directive.start_window_s = 1000;
    world.send(directive);
    const MonoTime told = world.now;
    ASSERT_TRUE(world.run_until([&] { return !world.outbox.log.empty(); }, seconds(1001)));
    starts.insert((world.now - told).ms);
    EXPECT_EQ(world.breaches, Breaches{});
  }
  EXPECT_GT(starts.size(), 3u);
}

TEST_F(UpdateTest, WaitsForNotBeforeInSignedTime) {
  Directive directive = order(world_.publish(first_, 1));
  directive.not_before = directive.issued + seconds(100);
  world_.send(directive);
  world_.settle(seconds(3600));  // the monotonic clock says nothing about it
  EXPECT_EQ(world_.update_state(), UpdateState::kIdle);
  directive = repeat(directive);
  directive.issued = directive.not_before;
  world_.send(directive);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, DoesNotTryAFailedReleaseAgainInTheSameRollout) {
  install(first_, 1);
  world_.self_test = SelfTestOutcome::kFailed;
  const Directive directive = order(world_.publish(second_, 2));
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kFailed));
  EXPECT_EQ(world_.state().reason, Reason::kSelfTestFailed);
  EXPECT_EQ(world_.state().detail.view(), "hook says");
  EXPECT_EQ(world_.state().spare_digest, digest(second_));  // complete, only not wanted
  world_.self_test = SelfTestOutcome::kPassed;
  world_.send(repeat(directive));
  world_.settle(seconds(600));
  EXPECT_EQ(world_.update_state(), UpdateState::kFailed);
  restart();
  world_.settle(seconds(600));
  EXPECT_EQ(world_.update_state(), UpdateState::kFailed);

  Directive retry = repeat(directive);
  retry.device = world_.config.device;
  world_.send(retry, true);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, ANewRolloutMayTryAgain) {
  world_.self_test = SelfTestOutcome::kError;
  const Publication full = world_.publish(first_, 1);
  world_.send(order(full));
  ASSERT_TRUE(reaches(UpdateState::kFailed));
  EXPECT_EQ(world_.state().reason, Reason::kSelfTestError);
  world_.self_test = SelfTestOutcome::kPassed;
  world_.send(order(full));
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(UpdateTest, ASelfTestThatNeverAnswersEnds) {
  world_.answer_self_test = false;
  world_.send(order(world_.publish(first_, 1)));
  ASSERT_TRUE(reaches(UpdateState::kFailed, seconds(200)));
  EXPECT_EQ(world_.state().reason, Reason::kSelfTestTimeout);
}

// ---- floor

TEST_F(UpdateTest, TheFloorRisesAtMostToTheConfirmedCounter) {
  const Publication full = install(first_, 1);
  Directive directive = order(world_.publish(second_, 2));
  directive.floor = 9;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  world_.settle();
  EXPECT_EQ(world_.state().floor, 2u);
  Directive back = order(full);
  back.verb = Verb::kRollback;
  back.floor = 0;
  world_.send(back);
  ASSERT_TRUE(reaches(UpdateState::kRejected));
  EXPECT_EQ(world_.state().reason, Reason::kBelowFloor);
  EXPECT_EQ(world_.active_digest(), digest(second_));
  restart();
  EXPECT_EQ(world_.state().floor, 2u);
}

}  // namespace
}  // namespace flotilla::edge::test
