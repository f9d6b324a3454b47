// Images that a directive revokes: what is not begun, what is ended, and the way back.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class RevocationTest : public DeviceTest {
 protected:
  /// Versions 1 and 2 installed; 1 lies in the spare slot.
  void SetUp() override {
    DeviceTest::SetUp();
    full_first_ = install(first_, 1);
    full_second_ = install(second_, 2);
  }

  /// The directive with the images revoked as well. Their digests stay until the test ends.
  Directive revoking(Directive directive, const std::vector<std::vector<uint8_t>>& images) {
    std::vector<uint8_t>& list = lists_.emplace_back();
    for (const std::vector<uint8_t>& image : images) {
      const Digest of = digest(image);
      list.insert(list.end(), of.bytes.begin(), of.bytes.end());
    }
    directive.revoked = list;
    return directive;
  }
  Directive hold(const std::vector<std::vector<uint8_t>>& images) {
    Directive directive = world_.publisher.directive_value(full_second_, ++seq_, rollout_);
    directive.verb = Verb::kHold;
    directive.offers.clear();
    return revoking(directive, images);
  }
  void rests(UpdateState state, Reason reason, const std::vector<uint8_t>& active) {
    world_.settle(seconds(600));
    EXPECT_EQ(world_.update_state(), state);
    EXPECT_EQ(world_.state().reason, reason);
    EXPECT_EQ(world_.active_digest(), digest(active));
    EXPECT_EQ(world_.runtime.app(0).loaded, digest(active));
  }

  Publication full_first_, full_second_;
  std::deque<std::vector<uint8_t>> lists_;
};

// ---- the way back

TEST_F(RevocationTest, ARevokedActiveImageGivesWayToTheSpareWithoutATransfer) {
  const uint32_t slot_writes = world_.storage.changes;
  const size_t requests = world_.outbox.log.size();
  world_.send(hold({second_}));
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
  EXPECT_EQ(world_.state().rollout, 0u);
  EXPECT_EQ(world_.state().active_version, 1u);
  EXPECT_EQ(world_.state().directive.seq, seq_);
  EXPECT_EQ(world_.state().spare_digest, digest(second_));
  EXPECT_EQ(world_.storage.changes, slot_writes);
  EXPECT_EQ(world_.outbox.log.size(), requests);
  const Attestation& attestation = world_.outbox.attestations.back();
  EXPECT_EQ(attestation.rollout, 0u);
  EXPECT_EQ(attestation.outcome, UpdateState::kConfirmed);
  EXPECT_EQ(attestation.release_digest, full_first_.release_digest);
  EXPECT_EQ(attestation.measured_digest, digest(first_));
  restart();
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
}

TEST_F(RevocationTest, SoDoesOneThatTheDirectiveStillNames) {
  world_.send(revoking(repeat(order(full_second_)), {second_}));
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
}

TEST_F(RevocationTest, ItGoesBackWhenTheRolloutIsForOthers) {
  Directive elsewhere = revoking(order(world_.publish(third_, 3)), {second_});
  elsewhere.cohort[0].site = Name("other-hall");
  world_.send(elsewhere);
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
  Directive wider = revoking(repeat(elsewhere), {second_});
  (void)wider.cohort.push_back(CohortTerm{});
  world_.send(wider);
  rests(UpdateState::kConfirmed, Reason::kNone, third_);
  EXPECT_EQ(world_.state().rollout, rollout_);
}

TEST_F(RevocationTest, ItDoesNotGoBackWhenAnotherImageIsOrdered) {
  bool went_back = false;
  world_.before_chunk = [&](TransferId, uint32_t) {
    went_back |= world_.active_digest() == digest(first_);
  };
  world_.send(revoking(order(world_.publish(third_, 3)), {second_}));
  rests(UpdateState::kConfirmed, Reason::kNone, third_);
  EXPECT_FALSE(went_back);
}

TEST_F(RevocationTest, AnOrderedReturnIsThatOfItsRollout) {
  Directive back = revoking(order(full_first_), {second_});
  back.verb = Verb::kRollback;
  world_.send(back);
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
  EXPECT_EQ(world_.state().rollout, rollout_);
}

TEST_F(RevocationTest, ARestartRightAfterTheDirectiveChangesNothing) {
  world_.send(hold({second_}));
  restart();
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
  EXPECT_EQ(world_.state().rollout, 0u);
}

TEST_F(RevocationTest, ARestartAtAnyStateOfTheReturnChangesNothing) {
  for (const UpdateState at : {UpdateState::kStaged, UpdateState::kTrial}) {
    world_.answer_self_test = at != UpdateState::kStaged;
    world_.send(hold({second_}));
    if (!world_.run_until([&] { return world_.update_state() == at; })) continue;
    world_.answer_self_test = true;
    restart();
  }
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
}

TEST_F(RevocationTest, AHoldThatIsRepeatedOnTheWayChangesNothing) {
  world_.answer_self_test = false;
  world_.send(hold({second_}));
  ASSERT_TRUE(world_.run_until([&] { return world_.update_state() == UpdateState::kStaged; }));
  Directive elsewhere = revoking(order(world_.publish(third_, 3)), {second_});
  elsewhere.cohort[0].site = Name("other-hall");
  world_.send(elsewhere);
  world_.send(hold({second_}));
  world_.settle();
  EXPECT_EQ(world_.update_state(), UpdateState::kStaged);
  restart();
  world_.answer_self_test = true;
  restart();
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
  EXPECT_EQ(world_.state().rollout, 0u);
}

TEST_F(RevocationTest, AReturnThatFailsIsNotRepeated) {
  const Digest old = digest(first_);
  uint32_t trials = 0;
  world_.runtime.judge = [&](uint8_t, HealthSample& sample) {
    if (sample.loaded_digest != old) return;
    sample.healthy = false;
    ++trials;
  };
  world_.send(hold({second_}));
  rests(UpdateState::kReverted, Reason::kUnhealthy, second_);
  const uint32_t seen = trials;
  EXPECT_GT(seen, 0u);
  world_.send(hold({second_}));
  restart();
  rests(UpdateState::kReverted, Reason::kUnhealthy, second_);
  EXPECT_EQ(trials, seen);
}

TEST_F(RevocationTest, ANewKeysetDoesNotStopTheReturn) {
  world_.answer_self_test = false;
  world_.send(hold({second_}));
  ASSERT_TRUE(world_.run_until([&] { return world_.update_state() == UpdateState::kStaged; }));
  const auto next = world_.publisher.keyset(world_.publisher.keyset_value(2), {Publisher::root()});
  world_.device().on_keyset(next.view(), world_.now);
  world_.answer_self_test = true;
  restart();
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
}

// ---- nothing to go back to

TEST_F(RevocationTest, WithoutAnotherImageItKeepsRunningAndSaysSo) {
  world_.send(hold({first_}));
  rests(UpdateState::kConfirmed, Reason::kNone, second_);
  world_.send(hold({second_}));
  rests(UpdateState::kConfirmed, Reason::kRevoked, second_);
  world_.send(hold({}));
  restart();
  rests(UpdateState::kConfirmed, Reason::kRevoked, second_);
  world_.send(order(world_.publish(third_, 3)));
  rests(UpdateState::kConfirmed, Reason::kNone, third_);
}

TEST_F(RevocationTest, AnImageBelowTheFloorIsNoWayBack) {
  Directive directive = hold({});
  directive.floor = 2;
  world_.send(directive);
  world_.settle();
  ASSERT_EQ(world_.state().floor, 2u);
  world_.send(hold({second_}));
  rests(UpdateState::kConfirmed, Reason::kRevoked, second_);
}

TEST_F(RevocationTest, AnImageThatWasGivenUpIsNoWayBack) {
  const Digest bad = digest(third_);
  world_.runtime.judge = [&](uint8_t, HealthSample& sample) {
    if (sample.loaded_digest == bad) sample.healthy = false;
  };
  world_.send(order(world_.publish(third_, 3)));
  ASSERT_TRUE(reaches(UpdateState::kReverted));
  world_.runtime.judge = nullptr;
  world_.send(hold({second_}));
  rests(UpdateState::kReverted, Reason::kUnhealthy, second_);
}

TEST_F(RevocationTest, ASpareImageThatHasRottedIsNoWayBack) {
  const uint8_t rot = 0x5A;
  world_.storage.region(0, Slot::kA).preset(100, {&rot, 1});
  world_.send(hold({second_}));
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
  EXPECT_EQ(world_.state().spare_digest, Digest{});
}

// ---- what is not finished

TEST_F(RevocationTest, ATransferEnds) {
  world_.answer_groups = false;
  const Directive directive = order(world_.publish(third_, 3));
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  world_.answer_groups = true;
  world_.send(hold({third_}));
  rests(UpdateState::kFailed, Reason::kRevoked, second_);
  // The mark outlasts the list, and a restart.
  restart();
  world_.send(order(world_.publish(third_, 3)));
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
}

TEST_F(RevocationTest, ATransferWhoseLastChunkIsUnderWayEnds) {
  const Publication full = world_.publish(third_, 3);
  size_t chunks = 0;
  world_.before_chunk = [&](TransferId, uint32_t) {
    if (++chunks == full.pieces.size()) world_.send(hold({third_}));
  };
  world_.send(order(full));
  rests(UpdateState::kFailed, Reason::kRevoked, second_);
  EXPECT_EQ(chunks, full.pieces.size());
}

TEST_F(RevocationTest, AStagedImageIsNotStarted) {
  world_.answer_self_test = false;
  world_.send(order(world_.publish(third_, 3)));
  ASSERT_TRUE(reaches(UpdateState::kStaged));
  world_.send(hold({third_}));
  world_.device().on_self_test(0, SelfTestOutcome::kPassed, "", world_.now);
  rests(UpdateState::kFailed, Reason::kRevoked, second_);
  EXPECT_EQ(world_.state().spare_digest, digest(third_));
  // Whole as it lies there, it is not taken up again.
  restart();
  world_.answer_self_test = true;
  world_.send(order(world_.publish(third_, 3)));
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
}

TEST_F(RevocationTest, ATrialEndsAtOnce) {
  Directive directive = order(world_.publish(third_, 3));
  directive.healthy_for_s = 1000;
  directive.trial_deadline_s = 2000;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  world_.send(hold({third_}));
  ASSERT_TRUE(reaches(UpdateState::kReverted, seconds(2)));
  rests(UpdateState::kReverted, Reason::kRevoked, second_);
  EXPECT_EQ(world_.outbox.attestations.back().outcome, UpdateState::kReverted);
}

TEST_F(RevocationTest, ATrialEndsEvenInARevokedImageSinceSomethingMustRun) {
  world_.send(order(world_.publish(third_, 3)));
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  world_.send(hold({second_, third_}));
  restart();
  rests(UpdateState::kReverted, Reason::kRevoked, second_);
  restart();
  rests(UpdateState::kReverted, Reason::kRevoked, second_);
}

TEST_F(RevocationTest, ATrialGoesOnWhenOnlyTheImageBeforeItIsRevoked) {
  world_.send(order(world_.publish(third_, 3)));
  ASSERT_TRUE(reaches(UpdateState::kTrial));
  world_.send(hold({second_}));
  rests(UpdateState::kConfirmed, Reason::kNone, third_);
}

// ---- intents

TEST_F(RevocationTest, NobodyCanOrderWhatIsRevoked) {
  world_.send(hold({first_}));
  const uint32_t slot_writes = world_.storage.changes;
  Directive back = order(full_first_);
  back.verb = Verb::kRollback;
  world_.send(back);
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
  back = repeat(order(full_first_));
  back.device = world_.config.device;
  world_.send(back, true);
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
  EXPECT_EQ(world_.storage.changes, slot_writes);
}

TEST_F(RevocationTest, AnImageThatItDoesNotHoldIsNotFetched) {
  const size_t requests = world_.outbox.log.size();
  world_.send(revoking(order(world_.publish(third_, 3)), {third_}));
  rests(UpdateState::kRejected, Reason::kRevoked, second_);
  EXPECT_EQ(world_.outbox.log.size(), requests);
}

TEST_F(RevocationTest, APersonalIntentHoldsWhenTheClassIsToldOfItsImage) {
  world_.answer_groups = false;
  Directive personal = order(world_.publish(third_, 3));
  personal.device = world_.config.device;
  world_.send(personal, true);
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  Directive others = revoking(repeat(order(full_second_)), {third_});
  others.rollout = 1;  // older than the personal one, and outranked
  world_.send(others);
  world_.answer_groups = true;
  rests(UpdateState::kFailed, Reason::kRevoked, second_);
  restart();
  rests(UpdateState::kFailed, Reason::kRevoked, second_);
}

TEST_F(RevocationTest, AnOutrankedDirectiveSendsItBackAsWell) {
  Directive personal = order(full_second_);
  personal.device = world_.config.device;
  world_.send(personal, true);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  Directive others = hold({second_});
  others.rollout = 1;
  world_.send(others);
  rests(UpdateState::kConfirmed, Reason::kNone, first_);
}

}  // namespace
}  // namespace flotilla::edge::test
