// Provisioned and newer keysets.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class KeysetTest : public DeviceTest {
 protected:
  KeysetKey root_key(uint8_t number) {
    KeysetKey key;
    key.public_key = test_key(number);
    key.roles = kRoleRoot;
    return key;
  }
  /// Keys `roots` with a threshold, and the usual others.
  Keyset with_roots(uint32_t epoch, std::vector<uint8_t> roots, uint8_t threshold) {
    Keyset value = world_.publisher.keyset_value(epoch);
    const FixedVector<KeysetKey, kMaxKeys> usual = value.keys;
    value.keys.clear();
    for (uint8_t root : roots) (void)value.keys.push_back(root_key(root));
    for (size_t i = 1; i < usual.size(); ++i) (void)value.keys.push_back(usual[i]);
    value.root_threshold = threshold;
    return value;
  }
  bool takes(const Keyset& value, const std::vector<PublicKey>& signers) {
    world_.device().on_keyset(world_.publisher.keyset(value, signers).view(), world_.now);
    return uses(value.epoch);
  }
  /// A directive under this epoch is acceptable.
  bool uses(uint32_t epoch) {
    Directive hold = world_.publisher.directive_value(full_, ++seq_, 1);
    hold.verb = Verb::kHold;
    hold.epoch = epoch;
    hold.expires = hold.expires + seconds(1000);
    world_.send(hold);
    world_.settle();
    return world_.state().directive == DirectivePosition{epoch, seq_};
  }
  void SetUp() override {
    DeviceTest::SetUp();
    full_ = world_.publish(first_, 1);
  }

  Publication full_;
};

TEST_F(KeysetTest, ANewerOneSignedByTheRootReplacesTheOld) {
  EXPECT_TRUE(uses(1));
  EXPECT_TRUE(takes(world_.publisher.keyset_value(2), {Publisher::root()}));
  EXPECT_FALSE(uses(1));
  EXPECT_TRUE(uses(2));
  restart();
  EXPECT_FALSE(uses(1));
  EXPECT_TRUE(uses(2));
}

TEST_F(KeysetTest, OthersAreRefused) {
  const Keyset next = world_.publisher.keyset_value(2);
  const uint32_t writes = world_.writes();
  world_.device().on_keyset(world_.publisher.keyset(next, {}).view(), world_.now);
  world_.device().on_keyset(world_.publisher.keyset(next, {Publisher::director()}).view(),
                            world_.now);
  world_.device().on_keyset(world_.publisher.keyset(next, {test_key(9)}).view(), world_.now);
  SignedMessage<Keyset> wrong_kind = world_.publisher.keyset(next, {Publisher::root()});
  wrong_kind.kind = SignedKind::kDirective;
  world_.device().on_keyset(wrong_kind.view(), world_.now);
  SignedMessage<Keyset> spoilt = world_.publisher.keyset(next, {Publisher::root()});
  spoilt.bytes.push_back(0);
  world_.device().on_keyset(spoilt.view(), world_.now);
  EXPECT_EQ(world_.device().counters().keysets_refused, 5u);
  EXPECT_EQ(world_.writes(), writes);
  EXPECT_TRUE(uses(1));
}

TEST_F(KeysetTest, TheSameOrAnOlderEpochIsIgnored) {
  const uint32_t writes = world_.writes();
  for (const uint32_t epoch : {0u, 1u}) {
    const auto same =
        world_.publisher.keyset(world_.publisher.keyset_value(epoch), {Publisher::root()});
    world_.device().on_keyset(same.view(), world_.now);
  }
  EXPECT_EQ(world_.device().counters().keysets_refused, 0u);
  EXPECT_EQ(world_.device().counters().ignored, 2u);
  EXPECT_EQ(world_.writes(), writes);
}

TEST_F(KeysetTest, NewRootsNeedTheOldRootAndTheirOwn) {
  const Keyset next = with_roots(2, {11, 12, 13}, 2);
  EXPECT_FALSE(takes(next, {test_key(11), test_key(12)}));
  EXPECT_FALSE(takes(next, {Publisher::root()}));
  EXPECT_FALSE(takes(next, {Publisher::root(), test_key(11)}));
  EXPECT_TRUE(takes(next, {Publisher::root(), test_key(11), test_key(13)}));

  const Keyset after = with_roots(3, {11, 12, 13}, 2);
  EXPECT_FALSE(takes(after, {Publisher::root(), test_key(11)}));
  EXPECT_FALSE(takes(after, {test_key(12), test_key(12)}));  // a key counts once
  EXPECT_TRUE(takes(after, {test_key(12), test_key(13)}));
}

TEST_F(KeysetTest, AKeyListedTwiceCountsOnce) {
  ASSERT_TRUE(takes(with_roots(2, {11, 11}, 1), {Publisher::root(), test_key(11)}));
  const Keyset doubled = with_roots(3, {11, 11}, 2);
  EXPECT_FALSE(takes(doubled, {test_key(11), test_key(11)}));
}

TEST_F(KeysetTest, AThresholdOfNobodyIsRefused) {
  EXPECT_FALSE(takes(with_roots(2, {1}, 0), {Publisher::root()}));
}

TEST_F(KeysetTest, OneThatCannotBeStoredIsNotUsed) {
  world_.journal.faults.fails = [](const std::string& name) { return name == "journal.write"; };
  const auto next = world_.publisher.keyset(world_.publisher.keyset_value(2), {Publisher::root()});
  world_.device().on_keyset(next.view(), world_.now);
  world_.journal.faults.fails = nullptr;
  EXPECT_TRUE(uses(1));
  EXPECT_FALSE(uses(2));
}

TEST_F(KeysetTest, ANewOneStopsWhatAnOldKeyOrdered) {
  world_.answer_groups = false;
  const Directive directive = order(full_);
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  world_.device().on_keyset(
      world_.publisher.keyset(world_.publisher.keyset_value(2), {Publisher::root()}).view(),
      world_.now);
  EXPECT_TRUE(world_.device().directive_missing());
  world_.settle();
  const size_t asked = world_.outbox.log.size();
  world_.settle(seconds(3600));
  EXPECT_EQ(world_.outbox.log.size(), asked);
  world_.answer_groups = true;
  Directive again = directive;
  again.epoch = 2;
  world_.send(again);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(KeysetTest, ANewOneRestartsTheClock) {
  // A stolen director key signs a time far in the future; nothing else is acceptable then.
  Directive far = world_.publisher.directive_value(full_, ++seq_, 1);
  far.verb = Verb::kHold;
  far.issued = far.issued + seconds(100LL * 365 * 86400);
  far.expires = far.issued + seconds(1);
  world_.send(far);
  EXPECT_FALSE(uses(1));
  EXPECT_TRUE(takes(world_.publisher.keyset_value(2), {Publisher::root()}));
  restart();
  EXPECT_TRUE(uses(2));
}

// ---- provisioning

TEST(ProvisioningTest, AnUnsignedKeysetIsNotTaken) {
  World world;
  world.keyset.marks.clear();
  EXPECT_EQ(world.boot().code(), Code::kUnauthenticated);
  EXPECT_EQ(world.device().next_deadline(), kNever);
}

TEST(ProvisioningTest, TheNewerOfStoredAndProvisionedCounts) {
  World world;
  ASSERT_TRUE(world.boot().ok());
  const SignedMessage<Keyset> first = world.keyset;
  world.keyset = world.publisher.keyset(world.publisher.keyset_value(3), {Publisher::root()});
  ASSERT_TRUE(world.boot().ok());
  world.keyset = first;
  ASSERT_TRUE(world.boot().ok());
  world.device().on_keyset(
      world.publisher.keyset(world.publisher.keyset_value(3), {Publisher::root()}).view(),
      world.now);
  EXPECT_EQ(world.device().counters().ignored, 1u);
}

}  // namespace
}  // namespace flotilla::edge::test
