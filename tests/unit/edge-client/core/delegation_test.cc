// What release keys may sign for, and how many approvers must agree.

#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class DelegationTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    install(first_, 1);
    good_ = world_.publish(second_, 2);
  }

  /// The usual keys with what `change` makes of them, under the next epoch.
  void take(const std::function<void(Keyset&)>& change) {
    Keyset value = world_.publisher.keyset_value(++epoch_);
    change(value);
    world_.keyset = world_.publisher.keyset(value, {Publisher::root()});
    world_.device().on_keyset(world_.keyset.view(), world_.now);
    EXPECT_EQ(world_.device().counters().keysets_refused, 0u);
  }
  void delegate(std::string_view scopes) {
    take([&](Keyset& value) { value.keys[1].scopes = scopes; });
  }
  /// `needed` approvals for the model; approver keys 21 and 22 everywhere, 23 elsewhere.
  void ask_for_approvals(uint8_t needed) {
    take([&](Keyset& value) {
      for (const uint8_t number : std::initializer_list<uint8_t>{21, 22, 23}) {
        KeysetKey key;
        key.public_key = test_key(number);
        key.roles = kRoleApprover;
        if (number == 23) key.scopes = "other/*";
        ASSERT_TRUE(value.keys.push_back(key));
      }
      ASSERT_TRUE(value.approval_rules.push_back({"*/*", 1}));
      ASSERT_TRUE(value.approval_rules.push_back({"det*/cam", needed}));
      ASSERT_TRUE(value.approval_rules.push_back({"other/cam", 4}));
    });
  }
  SignedMessage<Approval> approved_by(uint8_t number) {
    return world_.publisher.sign_approval(good_.release_digest, test_key(number));
  }
  bool is_installed(const Publication& offered) {
    world_.put(offered);
    Directive directive = order(offered);
    directive.epoch = epoch_;
    world_.send(directive);
    world_.run_until([&] {
      return world_.update_state() == UpdateState::kConfirmed ||
             world_.update_state() == UpdateState::kRejected;
    });
    world_.settle(seconds(7200));  // a refused offer is asked for again, with pauses
    return world_.active_digest() == digest(second_);
  }
  void serve_another_class_for_a_while() {
    world_.power_cycle();
    world_.config.hardware_class = Name("gate");
    ASSERT_TRUE(world_.boot().ok());
    world_.power_cycle();
    world_.config.hardware_class = Name("cam");
    ASSERT_TRUE(world_.boot().ok());
    world_.connect();
  }
  void expect_refused(const Publication& offered, Reason reason) {
    const uint32_t slot_writes = world_.storage.changes;
    EXPECT_FALSE(is_installed(offered));
    EXPECT_EQ(world_.update_state(), UpdateState::kRejected);
    EXPECT_EQ(world_.state().reason, reason);
    EXPECT_EQ(world_.storage.changes, slot_writes);
    EXPECT_EQ(world_.active_digest(), digest(first_));
  }

  uint32_t epoch_ = 1;
  Publication good_;
};

TEST_F(DelegationTest, AKeyReleasesWhatItIsDelegatedFor) {
  delegate("detector/cam");
  EXPECT_TRUE(is_installed(good_));
}

TEST_F(DelegationTest, ABeginningIsEnough) {
  delegate("other/x det*/c*");
  EXPECT_TRUE(is_installed(good_));
}

TEST_F(DelegationTest, NothingElse) {
  delegate("detector/other other/cam detectors/cam");
  expect_refused(good_, Reason::kNotDelegated);
}

TEST_F(DelegationTest, ItIsKeptAcrossARestart) {
  delegate("other/*");
  restart();
  expect_refused(good_, Reason::kNotDelegated);
  delegate("*/cam");
  restart();
  EXPECT_TRUE(is_installed(good_));
}

/// A second release key that may: one of the signatures is enough.
TEST_F(DelegationTest, OneDelegatedSignatureIsEnough) {
  take([](Keyset& value) {
    value.keys[1].scopes = "other/*";
    KeysetKey key;
    key.public_key = test_key(31);
    key.roles = kRoleRelease;
    ASSERT_TRUE(value.keys.push_back(key));
  });
  Publication both = good_;
  world_.publisher.sign(both.release, test_key(31));
  EXPECT_TRUE(is_installed(both));
}

TEST_F(DelegationTest, ARemovedReleaseKeyReleasesNothing) {
  take([](Keyset& value) { value.keys[1].public_key = test_key(31); });
  expect_refused(good_, Reason::kUnknownKey);
}

TEST_F(DelegationTest, EnoughApproversMustAgree) {
  ask_for_approvals(2);
  Publication offered = good_;
  offered.approvals = {approved_by(21)};
  expect_refused(offered, Reason::kNotApproved);
  offered.approvals = {approved_by(22), approved_by(21)};
  EXPECT_TRUE(is_installed(offered));
}

TEST_F(DelegationTest, AnApproverCountsOnce) {
  ask_for_approvals(2);
  Publication offered = good_;
  offered.approvals = {approved_by(21), approved_by(21), approved_by(21)};
  expect_refused(offered, Reason::kNotApproved);
}

TEST_F(DelegationTest, OnlyApproversCountAndOnlyForTheirScope) {
  ask_for_approvals(2);
  Publication offered = good_;
  offered.approvals = {approved_by(21), approved_by(23)};
  expect_refused(offered, Reason::kNotApproved);
  offered.approvals = {approved_by(21), approved_by(2)};  // the release key's own
  expect_refused(offered, Reason::kNotApproved);
}

TEST_F(DelegationTest, AnApprovalIsOfOneRelease) {
  ask_for_approvals(1);
  const Publication other = world_.publish(third_, 3);
  Publication offered = good_;
  offered.approvals = {world_.publisher.sign_approval(other.release_digest, test_key(21))};
  expect_refused(offered, Reason::kNotApproved);
  offered.approvals[0].value.release_digest = good_.release_digest;  // says it, did not sign it
  offered.approvals[0].bytes[0] ^= 1;
  expect_refused(offered, Reason::kNotApproved);
}

/// Whoever strips approvals off a message on its way ends nothing: the next copy counts.
TEST_F(DelegationTest, ACopyWithoutApprovalsIsAskedForAgain) {
  ask_for_approvals(1);
  world_.put(good_);
  Directive directive = order(good_);
  directive.epoch = epoch_;
  world_.send(directive);
  world_.run_until([&] { return world_.device().counters().offers_refused == 2; });
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kNotApproved);
  EXPECT_NE(world_.update_state(), UpdateState::kRejected);
  Publication offered = good_;
  offered.approvals = {approved_by(22)};
  world_.put(offered);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

// ---- keys that were kept for another list of models

TEST_F(DelegationTest, StaleKeysAreTakenOnceMoreFromTheProvisionedKeyset) {
  delegate("detector/cam");
  serve_another_class_for_a_while();
  EXPECT_TRUE(is_installed(good_));
}

TEST_F(DelegationTest, StaleKeysReleaseNothingUntilTheKeysetCameAgain) {
  const SignedMessage<Keyset> provisioned = world_.keyset;
  delegate("detector/cam");
  const SignedMessage<Keyset> newest = world_.keyset;
  world_.keyset = provisioned;
  serve_another_class_for_a_while();
  world_.put(good_);
  Directive directive = order(good_);
  directive.epoch = epoch_;
  world_.send(directive);
  world_.run_until([&] { return world_.device().counters().offers_refused == 1; });
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kNotDelegated);
  world_.device().on_keyset(newest.view(), world_.now);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
  const uint32_t ignored = world_.device().counters().ignored;
  world_.device().on_keyset(newest.view(), world_.now);
  EXPECT_EQ(world_.device().counters().ignored, ignored + 1);
}

}  // namespace
}  // namespace flotilla::edge::test
