#include "controller/artifact/approval_check.h"

#include <gtest/gtest.h>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/artifact/manifest_builder.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::controller {
namespace {

class ApprovalCheckTest : public ::testing::Test {
 protected:
  ApprovalCheckTest() {
    approval_.release_digest.bytes.fill(7);
    approval_.model = Name("pose");
    approval_.version = 3;
    approval_.hardware_class = Name("orin");
    approval_.approver.assign_truncated("Ada");
    approval_.issued = {1'790'000'000'000};
  }

  std::shared_ptr<MbedSigner> new_key(const std::string& name) {
    EXPECT_TRUE(generate_key_file(folder_ / name).ok());
    return MbedSigner::load(hasher_, folder_ / name).value();
  }

  static Keyset keyset(const Signer& key, uint8_t roles) {
    Keyset out;
    EXPECT_TRUE(out.keys.push_back({key.public_key(), roles}));
    return out;
  }

  Result<VerifiedApproval> verify(const Keyset& keys, std::string_view envelope) {
    return verify_approval(hasher_, OpensslVerifier(), keys, as_bytes(envelope));
  }

  flotilla::testing::TemporaryFolder folder_;
  MbedHasher hasher_;
  Approval approval_;
};

TEST_F(ApprovalCheckTest, AnApproversSignatureCounts) {
  const auto ada = new_key("ada.key");
  const std::string envelope = sign_approval(hasher_, *ada, approval_).value();
  const auto verified = verify(keyset(*ada, kRoleApprover), envelope);
  ASSERT_TRUE(verified.ok()) << verified.status().reason();
  EXPECT_EQ(verified.value().signer, ada->key_id());
  EXPECT_EQ(verified.value().approval.release_digest, approval_.release_digest);
  EXPECT_EQ(verified.value().approval.approver, "Ada");
  EXPECT_EQ(verified.value().approval.version, 3u);
}

TEST_F(ApprovalCheckTest, NobodyElsesDoes) {
  const auto ada = new_key("ada.key");
  const auto eve = new_key("eve.key");
  const std::string envelope = sign_approval(hasher_, *eve, approval_).value();
  EXPECT_EQ(verify(keyset(*ada, kRoleApprover), envelope).status().code(), Code::kUnauthenticated);
  const uint8_t others = kRoleRoot | kRoleRelease | kRoleDirector;
  EXPECT_EQ(verify(keyset(*eve, others), envelope).status().code(), Code::kUnauthenticated);
  EXPECT_TRUE(verify(keyset(*eve, kRoleApprover), envelope).ok());
}

TEST_F(ApprovalCheckTest, EveryChangedByteIsNoticed) {
  const auto ada = new_key("ada.key");
  const Keyset keys = keyset(*ada, kRoleApprover);
  const std::string envelope = sign_approval(hasher_, *ada, approval_).value();
  const auto whole = verify(keys, envelope);
  ASSERT_TRUE(whole.ok());
  for (size_t at = 0; at < envelope.size(); ++at) {
    std::string changed = envelope;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto verified = verify(keys, changed);  // padding outside the signed body may change
    if (!verified.ok()) continue;
    EXPECT_EQ(verified.value().approval.release_digest, approval_.release_digest);
    EXPECT_EQ(verified.value().approval.version, approval_.version);
  }
}

/// An approval's signature is good for nothing else, and no other signature for an approval.
TEST_F(ApprovalCheckTest, AnotherKindOfEnvelopeIsNone) {
  const auto ada = new_key("ada.key");
  Keyset keys = keyset(*ada, kRoleApprover | kRoleRoot);
  keys.epoch = 1;
  Signer* const roots[] = {ada.get()};
  const std::string envelope = sign_keyset(hasher_, roots, keys).value();
  EXPECT_EQ(verify(keys, envelope).status().code(), Code::kInvalidArgument);
  EXPECT_FALSE(verify(keys, "").ok());
}

TEST_F(ApprovalCheckTest, ANamelessApproverSignsNothing) {
  const auto ada = new_key("ada.key");
  approval_.approver.clear();
  EXPECT_STREQ(sign_approval(hasher_, *ada, approval_).status().reason(), "approver is missing");
}

}  // namespace
}  // namespace flotilla::controller
