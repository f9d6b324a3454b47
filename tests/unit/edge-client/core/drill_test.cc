// The drill of docs/keys.md: what a thief of a key can make a device do, and how the fleet
// recovers.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

/// The device runs version 2 with its floor at 2; the thief holds the director's key, and with it
/// everything that was ever released.
class StolenDirector : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    old_ = install(first_, 1);
    const Publication second = world_.publish(second_, 2);
    Directive directive = order(second);
    directive.floor = 2;
    world_.send(directive);
    ASSERT_TRUE(reaches(UpdateState::kConfirmed));
    ASSERT_EQ(world_.state().floor, 2u);
  }

  /// A release of the third image that differs from a genuine one as `change` says, whose transfer
  /// the thief signs.
  Publication third(const std::function<void(ReleaseManifest&)>& change) {
    Publication out = world_.publish(third_, 3);
    ReleaseManifest value = out.release.value;
    change(value);
    out.release = world_.publisher.sign_release(value);
    world_.publisher.seal(out);
    return out;
  }
  void expect_refused(const Publication& offered, Reason reason) {
    world_.put(offered);
    const uint32_t slot_writes = world_.storage.changes;
    world_.send(order(offered));
    world_.run_until([&] { return world_.device().counters().last_refusal == reason; });
    world_.settle(seconds(3600));
    EXPECT_EQ(world_.device().counters().last_refusal, reason);
    EXPECT_EQ(world_.active_digest(), digest(second_));
    EXPECT_EQ(world_.storage.changes, slot_writes);
  }
  /// What the root holders do: a keyset in which a new director takes the stolen one's place.
  void rotate() {
    Keyset value = world_.publisher.keyset_value(2);
    value.keys[2].public_key = test_key(40);
    world_.device().on_keyset(world_.publisher.keyset(value, {Publisher::root()}).view(),
                              world_.now);
    ASSERT_EQ(world_.device().counters().keysets_refused, 0u);
  }
  /// Signed by the new director.
  void send_anew(const Directive& directive) {
    SignedMessage<Directive> message = world_.publisher.sign_directive(directive);
    message.marks.clear();
    world_.publisher.sign(message, test_key(40));
    world_.device().on_directive(message.view(), false, world_.now);
    world_.settle();
  }

  Publication old_;
};

TEST_F(StolenDirector, CannotDowngrade) {
  expect_refused(old_, Reason::kBelowFloor);
}

TEST_F(StolenDirector, CannotInstallWhatIsForAnotherClass) {
  expect_refused(third([](ReleaseManifest& m) { m.hardware_class = Name("gate"); }),
                 Reason::kWrongClass);
}

TEST_F(StolenDirector, CannotInstallWhatWasNeverReleased) {
  Publication forged = third([](ReleaseManifest&) {});
  forged.release.marks.clear();
  world_.publisher.sign(forged.release, Publisher::director());
  expect_refused(forged, Reason::kUnknownKey);
}

/// Whoever holds messages back can do so until they expire: the device has heard a later time
/// since.
TEST_F(StolenDirector, CannotFreezeForLongerThanAnExpiry) {
  const Publication next = third([](ReleaseManifest&) {});
  world_.put(next);
  const Directive held_back = order(next);
  Directive personal = world_.publisher.directive_value(next, ++seq_, rollout_ + 1);
  personal.verb = Verb::kHold;
  personal.device = world_.config.device;
  personal.issued = held_back.expires + seconds(1);
  personal.expires = personal.issued + seconds(60);
  world_.device().on_directive(world_.publisher.sign_directive(personal).view(), true, world_.now);
  world_.send(held_back);
  world_.settle(seconds(3600));
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kExpired);
  EXPECT_EQ(world_.active_digest(), digest(second_));
}

TEST_F(StolenDirector, TheFleetRecoversFromAFastForward) {
  Directive far = world_.publisher.directive_value(old_, uint64_t{1} << 63, ++rollout_);
  far.verb = Verb::kHold;
  far.issued = far.issued + seconds(100LL * 365 * 86400);
  far.expires = far.issued + seconds(60);
  world_.send(far);
  world_.settle();
  ASSERT_EQ(world_.state().directive.seq, uint64_t{1} << 63);
  const Publication next = third([](ReleaseManifest&) {});
  world_.put(next);
  Directive directive = order(next);
  world_.send(directive);
  world_.settle();
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kReplayed);

  rotate();
  directive.epoch = 2;
  world_.send(directive);  // by the stolen key
  world_.settle();
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kUnknownKey);
  EXPECT_EQ(world_.state().directive.epoch, 1u);
  send_anew(directive);
  EXPECT_EQ(world_.state().directive, (DirectivePosition{2, directive.seq}));
  EXPECT_EQ(world_.active_digest(), digest(second_));  // the offer is the old director's still
  Publication signed_anew = next;
  signed_anew.transfer.marks.clear();
  world_.publisher.sign(signed_anew.transfer, test_key(40));
  world_.put(signed_anew);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
  EXPECT_EQ(world_.active_digest(), digest(third_));
}

TEST_F(StolenDirector, CannotChangeTheKeys) {
  Keyset value = world_.publisher.keyset_value(2);
  value.keys[1].public_key = test_key(41);
  world_.device().on_keyset(world_.publisher.keyset(value, {Publisher::director()}).view(),
                            world_.now);
  EXPECT_EQ(world_.device().counters().keysets_refused, 1u);
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kBadSignature);
}

// ---- a stolen release key, with the director's help

class StolenRelease : public StolenDirector {
 protected:
  void SetUp() override {
    StolenDirector::SetUp();
    keyset("gadget/cam */gate");
  }
  /// A second release key, 31, of another team.
  void keyset(std::string_view scopes) {
    Keyset value = world_.publisher.keyset_value(++epoch_);
    if (!scopes.empty()) {
      KeysetKey team;
      team.public_key = test_key(31);
      team.roles = kRoleRelease;
      team.scopes = scopes;
      ASSERT_TRUE(value.keys.push_back(team));
    }
    world_.device().on_keyset(world_.publisher.keyset(value, {Publisher::root()}).view(),
                              world_.now);
    ASSERT_EQ(world_.device().counters().keysets_refused, 0u);
  }
  void expect_refused_by_team(Reason reason) {
    Publication forged = third([](ReleaseManifest&) {});
    forged.release.marks.clear();
    world_.publisher.sign(forged.release, test_key(31));
    world_.put(forged);
    const uint32_t slot_writes = world_.storage.changes;
    Directive directive = order(forged);
    directive.epoch = epoch_;
    world_.send(directive);
    world_.settle(seconds(3600));
    EXPECT_EQ(world_.device().counters().last_refusal, reason);
    EXPECT_EQ(world_.active_digest(), digest(second_));
    EXPECT_EQ(world_.storage.changes, slot_writes);
  }

  uint32_t epoch_ = 1;
};

TEST_F(StolenRelease, NothingOutsideItsDelegationRuns) {
  expect_refused_by_team(Reason::kNotDelegated);
}

TEST_F(StolenRelease, OnceRemovedItReleasesNothing) {
  keyset("");
  expect_refused_by_team(Reason::kUnknownKey);
}

}  // namespace
}  // namespace flotilla::edge::test
