#include "controller/artifact/manifest_builder.h"

#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/openssl_verifier.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/support/adapter_keys.h"

namespace flotilla::controller {
namespace {

/// Decoding wants 8-byte alignment, as receive buffers have it.
struct Aligned {
  explicit Aligned(const std::string& text) : words(text.size() / 8 + 1), size(text.size()) {
    copy(as_bytes(text), {reinterpret_cast<uint8_t*>(words.data()), size});
  }
  Bytes bytes() const { return {reinterpret_cast<const uint8_t*>(words.data()), size}; }
  std::vector<uint64_t> words;
  size_t size;
};

class ManifestBuilderTest : public ::testing::Test {
 protected:
  void expect_signed(const Envelope& envelope, SignedKind kind) {
    ASSERT_EQ(envelope.kind, kind);
    ASSERT_EQ(envelope.signatures.size(), 1u);
    EXPECT_EQ(envelope.signatures[0].key_id, signer_->key_id());
    const Digest digest = signing_digest(hasher_, kind, envelope.signed_bytes);
    const OpensslVerifier verifier;
    EXPECT_TRUE(verifier.verify(signer_->public_key(), digest, envelope.signatures[0].bytes));
  }

  static ReleaseManifest release() {
    ReleaseManifest value;
    value.model = Name("pose");
    value.version = 3;
    value.label.assign_truncated("v3");
    value.hardware_class = Name("hc1");
    value.image_digest.bytes.fill(1);
    value.image_size = 1000;
    value.document_digest.bytes.fill(2);
    return value;
  }

  static TransferManifest transfer() {
    TransferManifest value;
    value.release_digest.bytes.fill(3);
    value.merkle_root.bytes.fill(4);
    value.payload_size = 5;
    value.chunk_count = 1;
    value.chunk_max = 5;
    value.decoder_memory = 100;
    value.expires = {1'700'000'000'000};
    return value;
  }

  MbedHasher hasher_;
  std::shared_ptr<MbedSigner> signer_ = flotilla::testing::rfc6979_signer(hasher_);
};

TEST_F(ManifestBuilderTest, ReleaseIsSignedAndKeepsItsDigest) {
  const auto envelope = sign_release(hasher_, *signer_, release());
  ASSERT_TRUE(envelope.ok()) << envelope.status().reason();
  const Aligned aligned(envelope.value());
  const auto decoded = wire::decode_release(aligned.bytes());
  ASSERT_TRUE(decoded.ok()) << decoded.status().reason();
  EXPECT_EQ(decoded.value().value.model, "pose");
  expect_signed(decoded.value().envelope, SignedKind::kRelease);
  const auto digest = release_digest(hasher_, as_bytes(envelope.value()));
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(digest.value(),
            signing_digest(hasher_, SignedKind::kRelease, decoded.value().envelope.signed_bytes));
}

TEST_F(ManifestBuilderTest, TransferAndOffer) {
  const auto envelope = sign_transfer(hasher_, *signer_, transfer());
  ASSERT_TRUE(envelope.ok()) << envelope.status().reason();
  const auto released = sign_release(hasher_, *signer_, release());
  const auto offer =
      build_offer(as_bytes(envelope.value()), as_bytes(released.value()), as_bytes("golden"));
  ASSERT_TRUE(offer.ok()) << offer.status().reason();
  const Aligned aligned(offer.value());
  const auto decoded = wire::decode_offer(aligned.bytes());
  ASSERT_TRUE(decoded.ok()) << decoded.status().reason();
  EXPECT_EQ(as_text(decoded.value().golden), "golden");
  expect_signed(decoded.value().transfer.envelope, SignedKind::kTransfer);
  expect_signed(decoded.value().release.envelope, SignedKind::kRelease);
}

TEST_F(ManifestBuilderTest, Directive) {
  flotilla::Directive value;
  value.model = Name("pose");
  value.hardware_class = Name("hc1");
  value.seq = 7;
  value.epoch = 1;
  value.rollout = 1;
  value.version = 3;
  value.release_digest.bytes.fill(3);
  value.image_digest.bytes.fill(4);
  static_cast<void>(value.offers.push_back({Digest{}, 17}));
  static_cast<void>(value.cohort.push_back({}));
  value.issued = {1'700'000'000'000};
  value.expires = {1'700'000'100'000};
  value.healthy_for_s = 1;
  value.trial_deadline_s = 10;
  value.trial_attempts = 1;
  const auto envelope = sign_directive(hasher_, *signer_, value);
  ASSERT_TRUE(envelope.ok()) << envelope.status().reason();
  const Aligned aligned(envelope.value());
  const auto decoded = wire::decode_directive(aligned.bytes());
  ASSERT_TRUE(decoded.ok()) << decoded.status().reason();
  EXPECT_EQ(decoded.value().value.seq, 7u);
  expect_signed(decoded.value().envelope, SignedKind::kDirective);
}

TEST_F(ManifestBuilderTest, KeysetCarriesOneSignaturePerRoot) {
  Keyset value;
  value.epoch = 1;
  value.issued = {1'700'000'000'000};
  static_cast<void>(value.keys.push_back({signer_->public_key(), kRoleRoot | kRoleDirector}));
  Signer* const roots[] = {signer_.get()};
  const auto envelope = sign_keyset(hasher_, roots, value);
  ASSERT_TRUE(envelope.ok()) << envelope.status().reason();
  const Aligned aligned(envelope.value());
  const auto decoded = wire::decode_keyset(aligned.bytes());
  ASSERT_TRUE(decoded.ok()) << decoded.status().reason();
  expect_signed(decoded.value().envelope, SignedKind::kKeyset);
}

TEST_F(ManifestBuilderTest, AValueThatNoDeviceWouldTakeIsRefused) {
  ReleaseManifest nameless = release();
  nameless.model = Name();
  EXPECT_FALSE(sign_release(hasher_, *signer_, nameless).ok());
}

}  // namespace
}  // namespace flotilla::controller
