#include "controller/app/attestation_check.h"

#include <gtest/gtest.h>

#include "tests/unit/controller/app/attested_report.h"

namespace flotilla::controller::app {
namespace {

class AttestationCheck : public ::testing::Test {
 protected:
  AttestationCheck() {
    attested.device = DeviceId("d1");
    attested.model = Name("pose");
    attested.rollout = 7;
    attested.outcome = UpdateState::kConfirmed;
    attested.release_digest = hasher.of("release");
    attested.measured_digest = hasher.of("image");
    attested.order = {11, 2, 30};
    claim.device = DeviceId("d1");
    claim.public_key = testing::fake_key(5);
    claim.report_order = {11, 2, 31};
    claim.reported.model = Name("pose");
    claim.reported.rollout = 7;
    claim.reported.state = UpdateState::kConfirmed;
    claim.reported.active_digest = hasher.of("image");
    attested.golden_digest = hasher.of("golden");
    claim.releases = {{hasher.of("release"), hasher.of("golden")}, {hasher.of("older"), {}}};
  }

  Status check() {
    if (claim.attestation.empty()) {
      claim.attestation = testing::signed_attestation(attested, testing::fake_key(5));
    }
    return check_attestation(hasher, verifier, claim).status();
  }

  testing::TestHasher hasher;
  testing::FakeVerifier verifier;
  Attestation attested;
  AttestationClaim claim;
};

TEST_F(AttestationCheck, AgreesWithTheReport) {
  EXPECT_TRUE(check().ok()) << check().reason();
}

TEST_F(AttestationCheck, AnotherKeyIsNoProof) {
  claim.attestation = testing::signed_attestation(attested, testing::fake_key(6));
  EXPECT_EQ(check().code(), Code::kUnauthenticated);
}

TEST_F(AttestationCheck, EveryDisagreementIsFound) {
  const Attestation good = attested;
  const auto refuse = [&](const char* what, auto change) {
    attested = good;
    change(attested);
    claim.attestation.clear();
    EXPECT_EQ(check().code(), Code::kInvalidArgument) << what;
  };
  refuse("device", [](auto& a) { a.device = DeviceId("d2"); });
  refuse("model", [](auto& a) { a.model = Name("vad"); });
  refuse("rollout", [](auto& a) { a.rollout = 8; });
  refuse("outcome", [](auto& a) { a.outcome = UpdateState::kReverted; });
  refuse("image", [&](auto& a) { a.measured_digest = hasher.of("other"); });
  refuse("release", [&](auto& a) { a.release_digest = hasher.of("other"); });
  refuse("golden vectors", [&](auto& a) { a.golden_digest = hasher.of("others"); });
  refuse("no golden vectors", [](auto& a) { a.golden_digest = Digest{}; });
  refuse("incarnation", [](auto& a) { a.order.incarnation = 12; });
  refuse("future", [](auto& a) { a.order.seq = 32; });
}

TEST_F(AttestationCheck, KnownBytesCostNoSignatureButAreComparedAgain) {
  claim.signature_known = true;
  EXPECT_TRUE(check().ok());
  EXPECT_EQ(verifier.checks, 0);
  claim.reported.state = UpdateState::kReverted;
  EXPECT_FALSE(check().ok()) << "an old attestation proves nothing new";
}

TEST_F(AttestationCheck, GarbageIsRefused) {
  for (const size_t size : {1u, 8u, 100u, 511u}) {
    claim.attestation = std::string(size, '\x5a');
    EXPECT_FALSE(check().ok()) << size;
  }
}

}  // namespace
}  // namespace flotilla::controller::app
