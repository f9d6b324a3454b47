// Every check of a directive violated once, with nothing written; replay and scopes.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class DirectiveTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    full_ = world_.publish(first_, 1);
    good_ = order(full_);
  }

  /// Delivers a refused directive: nothing is written, reported or asked for.
  void expect_refused(const SignedMessage<Directive>& message, Reason reason,
                      bool personal = false) {
    world_.settle();
    const uint32_t writes = world_.writes();
    const size_t reports = world_.outbox.states.size();
    const uint32_t refused = world_.device().counters().directives_refused;
    world_.send(message, personal);
    world_.settle(seconds(30));
    EXPECT_EQ(world_.device().counters().directives_refused, refused + 1);
    EXPECT_EQ(world_.device().counters().last_refusal, reason);
    EXPECT_EQ(world_.writes(), writes);
    EXPECT_EQ(world_.outbox.states.size(), reports);
    EXPECT_TRUE(world_.outbox.log.empty());
  }
  void expect_refused(const Directive& value, Reason reason, bool personal = false) {
    expect_refused(world_.publisher.sign_directive(value), reason, personal);
  }

  Publication full_;
  Directive good_;
};

TEST_F(DirectiveTest, EveryCheckRefusesWithoutAWrite) {
  SignedMessage<Directive> message = world_.publisher.sign_directive(good_);
  message.kind = SignedKind::kRelease;
  expect_refused(message, Reason::kBadSignature);

  message = world_.publisher.sign_directive(good_);
  message.marks.clear();
  expect_refused(message, Reason::kUnknownKey);

  message.marks.clear();
  world_.publisher.sign(message, test_key(77));
  expect_refused(message, Reason::kUnknownKey);

  message.marks.clear();
  world_.publisher.sign(message, Publisher::releaser());  // known, but not a director
  expect_refused(message, Reason::kUnknownKey);

  message = world_.publisher.sign_directive(good_);
  message.bytes.back() ^= 1;
  expect_refused(message, Reason::kBadSignature);

  Directive value = good_;
  value.model = Name("stranger");
  expect_refused(value, Reason::kManifestMismatch);

  value = good_;
  value.hardware_class = Name("other");
  expect_refused(value, Reason::kWrongClass);

  value = good_;
  value.device = world_.config.device;  // named, but on the class's topic
  expect_refused(value, Reason::kManifestMismatch);
  expect_refused(good_, Reason::kManifestMismatch, true);  // nobody named, on the device's topic
  value.device = DeviceId("cam-08");
  expect_refused(value, Reason::kManifestMismatch, true);

  value = good_;
  value.image_digest = {};
  expect_refused(value, Reason::kManifestMismatch);

  for (const uint32_t epoch : {0u, 2u}) {
    value = good_;
    value.epoch = epoch;
    expect_refused(value, Reason::kReplayed);
  }

  value = good_;
  value.expires = value.issued;
  expect_refused(value, Reason::kExpired);
  value.issued = WallTime{0};
  value.expires = world_.keyset.value.issued;  // the highest signed time so far
  expect_refused(value, Reason::kExpired);

  world_.send(good_);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(DirectiveTest, OlderOnesAreRefusedAndTheSameOneIsNothingNew) {
  world_.send(good_);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  world_.settle();
  const uint32_t writes = world_.writes();
  world_.send(good_);
  EXPECT_EQ(world_.device().counters().ignored, 1u);
  EXPECT_EQ(world_.device().counters().directives_refused, 0u);
  Directive older = good_;
  older.seq = 0;
  world_.send(older);
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kReplayed);
  EXPECT_EQ(world_.writes(), writes);

  restart();
  world_.send(older);
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kReplayed);
}

TEST_F(DirectiveTest, TheSameOneAfterItsExpiryIsStillNothingNew) {
  world_.send(good_);
  ASSERT_TRUE(reaches(UpdateState::kConfirmed));
  Directive hold = repeat(good_);
  hold.verb = Verb::kHold;
  hold.issued = good_.expires + seconds(1);
  hold.expires = hold.issued + seconds(100);
  world_.send(hold);
  world_.send(hold);
  EXPECT_EQ(world_.device().counters().directives_refused, 0u);
}

TEST_F(DirectiveTest, AnExpiredIntentStartsNothing) {
  Directive waiting = good_;
  waiting.not_before = good_.expires + seconds(10);
  world_.send(waiting);
  world_.settle(seconds(10));
  Directive late = repeat(good_);
  late.model = Name("detector");
  late.verb = Verb::kHold;
  late.issued = waiting.not_before;
  late.expires = late.issued + seconds(10);
  world_.send(late);
  world_.settle(seconds(10));
  EXPECT_EQ(world_.update_state(), UpdateState::kIdle);
  EXPECT_TRUE(world_.outbox.log.empty());
}

TEST_F(DirectiveTest, SignedTimeSurvivesARestart) {
  Directive hold = good_;
  hold.verb = Verb::kHold;
  hold.issued = good_.issued + seconds(1000);
  hold.expires = hold.issued + seconds(10);
  world_.send(hold);
  restart();
  Directive old = repeat(good_);
  old.expires = good_.issued + seconds(500);
  old.issued = good_.issued;
  expect_refused(old, Reason::kExpired);
}

// ---- scopes

TEST_F(DirectiveTest, APersonalOneWinsOverTheClassForItsRollout) {
  const Publication second = world_.publish(second_, 2);
  Directive personal = order(second);
  personal.device = world_.config.device;
  world_.send(personal, true);
  Directive general = order(full_);
  general.rollout = personal.rollout;
  world_.send(general);
  ASSERT_TRUE(world_.run_until([&] { return world_.state().active_version == 2; }));
  world_.settle(seconds(60));
  EXPECT_EQ(world_.active_digest(), digest(second_));
  EXPECT_EQ(world_.state().directive.seq, general.seq);

  restart();  // the retained class directive comes again
  world_.send(general);
  world_.settle(seconds(60));
  EXPECT_EQ(world_.active_digest(), digest(second_));

  world_.send(order(full_));  // a newer rollout is for everybody
  rollout_ = personal.rollout + 1;
  ASSERT_TRUE(world_.run_until([&] { return world_.state().active_version == 1; }));
}

TEST_F(DirectiveTest, TheScopesHaveSequencesOfTheirOwn) {
  Directive general = good_;
  general.seq = 100;
  general.verb = Verb::kHold;
  world_.send(general);
  Directive personal = good_;
  personal.seq = 7;
  personal.device = world_.config.device;
  world_.send(personal, true);
  EXPECT_EQ(world_.device().counters().directives_refused, 0u);
  EXPECT_TRUE(world_.run_until([&] { return world_.update_state() == UpdateState::kConfirmed; }));
  EXPECT_EQ(world_.state().directive.seq, 100u);
}

TEST_F(DirectiveTest, OneThatCannotBeStoredIsNotAccepted) {
  world_.journal.faults.fails = [](const std::string& name) { return name == "journal.sync"; };
  world_.send(good_);
  world_.settle(seconds(10));
  EXPECT_TRUE(world_.outbox.log.empty());
  EXPECT_GT(world_.device().counters().journal_errors, 0u);
  world_.journal.faults.fails = nullptr;
  world_.send(good_);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(DirectiveTest, ALostOneIsNoticedInTheAcknowledgement) {
  EXPECT_FALSE(world_.device().directive_missing());
  AcknowledgedDirective newest;
  newest.model = Name("detector");
  newest.newest = {1, 5};
  Acknowledgement ack;
  ack.order = world_.device().order();
  (void)ack.directives.push_back(newest);
  world_.device().on_acknowledgement(ack, world_.now);
  EXPECT_TRUE(world_.device().directive_missing());
  Directive directive = good_;
  directive.seq = 5;
  world_.send(directive);
  EXPECT_FALSE(world_.device().directive_missing());
}

TEST_F(DirectiveTest, VerificationsAreBounded) {
  SignedMessage<Directive> message = world_.publisher.sign_directive(good_);
  for (int i = 0; i < 3; ++i) message.marks.push_back(message.marks[0]);
  for (auto& mark : message.marks) mark.bytes[0] ^= 1;
  const uint32_t before = world_.crypto.verifications;
  world_.send(message);
  EXPECT_EQ(world_.crypto.verifications - before, kMaxSignatures);
}

}  // namespace
}  // namespace flotilla::edge::test
