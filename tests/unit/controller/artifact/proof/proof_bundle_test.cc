#include "controller/artifact/proof/proof_bundle.h"

#include <gtest/gtest.h>

#include "controller/domain/audit_tree.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "tests/support/controller_memory_store.h"
#include "tests/unit/controller/artifact/proof/proof_keys.h"

namespace flotilla::controller::proof {
namespace {

using testing::MemoryStore;
using testing::ProofKeys;

/// A small true story: d1 of class cam is enrolled, version 3 of pose is registered and rolled out,
/// and d1 confirms it.
class ProofBundle : public ::testing::Test {
 protected:
  ProofBundle() {
    image_.bytes.fill(0x11);
    document_ = R"({"lineage":{"run":"r1"}})";
    release_ = make_release(image_);
    fill_log();
    for (uint64_t i = 10; i < 20; ++i) append("token.added", "token/" + std::to_string(i), "");
    finish();
  }

  void fill_log() {
    append("class.defined", "class/cam", "");
    const std::string key = hex_text(keys_.device->public_key());
    parts_.enrolment = append("device.enrolled", "device/d1", "class cam, site hall, key " + key);
    parts_.version =
        append("version.registered", "model/pose/3", " cam " + std::string(to_hex(image_).view()));
    parts_.rollout = append("rollout.draft", "rollout/7", "version 3 of pose to cam");
    parts_.outcome = attest(image_, release_, *keys_.device);
    parts_.release = release_;
    parts_.document = document_;
  }

  void finish() {
    Checkpoint head;
    head.origin = FixedString<kMaxOrigin>("flotilla/0123456789abcdef");
    head.head = tree_.head(keys_.hasher);
    head.time = WallTime{1'800'000'000'000};
    parts_.keyset = keys_.keyset;
    parts_.checkpoint = sign_checkpoint(keys_.hasher, *keys_.director, head).value();
    for (ProvenEntry* entry :
         {&parts_.enrolment, &parts_.version, &parts_.rollout, &parts_.outcome}) {
      prove(*entry);
    }
    if (parts_.new_key) prove(*parts_.new_key);
    if (parts_.next) prove(*parts_.next);
  }

  void prove(ProvenEntry& entry) {
    AuditEntry decoded;
    ASSERT_TRUE(decode(entry.bytes, decoded).ok());
    entry.path =
        audit_tree::inclusion_path(store_, keys_.hasher, decoded.number, tree_.size()).value();
  }

  std::string make_release(const Digest& image) {
    ReleaseManifest manifest;
    manifest.model = Name("pose");
    manifest.version = 3;
    manifest.hardware_class = Name("cam");
    manifest.image_digest = image;
    manifest.image_size = 1000;
    manifest.document_digest = keys_.hasher.sha256({as_bytes(document_)});
    return sign_release(keys_.hasher, *keys_.release, manifest).value();
  }

  ProvenEntry attest(const Digest& measured, const std::string& release, Signer& signer,
                     const char* device = "d1") {
    Attestation value;
    value.device = DeviceId(device);
    value.model = Name("pose");
    value.rollout = 7;
    value.release_digest = release_digest(keys_.hasher, as_bytes(release)).value();
    value.measured_digest = measured;
    value.order = {1, 2, 3};
    return append("device.attested", "device/d1/model/pose", "confirmed",
                  sign_attestation(value, signer));
  }

  std::string sign_attestation(const Attestation& value, Signer& signer) {
    alignas(8) uint8_t arena[4096], body[kMaxAttestation], out[kMaxAttestation];
    wire::Encoder encoder(arena);
    const size_t size = encoder.attestation(value, body).value();
    Envelope envelope;
    envelope.kind = SignedKind::kAttestation;
    envelope.signed_bytes = {body, size};
    const SignatureBytes signature =
        signer.sign(signing_digest(keys_.hasher, SignedKind::kAttestation, envelope.signed_bytes))
            .value();
    EXPECT_TRUE(envelope.signatures.push_back(
        {signer.key_id(), SignatureAlgorithm::kEcdsaP256Sha256, signature}));
    return std::string(as_text(Bytes(out, encoder.envelope(envelope, out).value())));
  }

  ProvenEntry append(const std::string& action, const std::string& object,
                     const std::string& detail, const std::string& evidence = "") {
    AuditEntry entry;
    entry.number = tree_.size();
    entry.time = WallTime{1'800'000'000'000 + static_cast<int64_t>(entry.number)};
    entry.actor = "alice";
    entry.action = action;
    entry.object = object;
    entry.detail = detail;
    entry.evidence = evidence;
    const std::string bytes = encode(entry);
    store_.rows[keys::audit(entry.number)] = bytes;
    tree_.append(keys_.hasher, as_bytes(bytes),
                 [&](uint8_t level, uint64_t at, const Digest& node) {
                   store_.rows[keys::audit_node(level, at)] = encode(AuditNode{node});
                 });
    return {"", bytes};
  }

  std::optional<std::string> verify(const std::string& bundle) {
    facts_ = {};
    return verify_bundle(keys_.tools, keys_.anchor, as_bytes(bundle), facts_);
  }
  std::optional<std::string> verify() {
    finish();
    return verify(write_bundle(parts_));
  }

  ProofKeys keys_;
  MemoryStore store_;
  AuditTree tree_;
  Digest image_;
  std::string document_, release_;
  BundleParts parts_;
  BundleFacts facts_;
};

TEST_F(ProofBundle, SaysWhatRanWhoReleasedAndOrderedItAndFromWhat) {
  EXPECT_EQ(verify(), std::nullopt);
  EXPECT_EQ(facts_.release.image_digest, image_);
  EXPECT_EQ(facts_.releaser, keys_.release->key_id());
  EXPECT_EQ(facts_.device_key, keys_.device->key_id());
  EXPECT_EQ(facts_.document, document_);
  EXPECT_EQ(facts_.rollout.actor, "alice");
  EXPECT_EQ(facts_.attestation.rollout, 7u);
  EXPECT_FALSE(facts_.next.has_value());
  EXPECT_TRUE(is_bundle(as_bytes(write_bundle(parts_))));

  parts_.next = attest(image_, release_, *keys_.device);
  EXPECT_EQ(verify(), std::nullopt);
  EXPECT_TRUE(facts_.next.has_value());
}

TEST_F(ProofBundle, AnyChangedByteIsRefused) {
  const std::string bundle = write_bundle(parts_);
  ASSERT_EQ(verify(bundle), std::nullopt);
  for (size_t at = 0; at < bundle.size(); ++at) {
    std::string changed = bundle;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
    EXPECT_NE(verify(changed), std::nullopt) << "byte " << at << " of " << bundle.size();
  }
  for (size_t size = 0; size < bundle.size(); ++size) {
    EXPECT_NE(verify(bundle.substr(0, size)), std::nullopt) << "cut after " << size;
  }
  EXPECT_NE(verify(bundle + std::string(1, '\0')), std::nullopt);
}

TEST_F(ProofBundle, AWordThatIsNotTheDevicesIsRefused) {
  parts_.outcome = attest(image_, release_, *keys_.director);
  EXPECT_NE(verify(), std::nullopt) << "another key";
  parts_.outcome = attest(image_, release_, *keys_.device, "d2");
  EXPECT_NE(verify(), std::nullopt) << "another device";
  Digest other = image_;
  other.bytes[0] ^= 1;
  parts_.outcome = attest(other, release_, *keys_.device);
  EXPECT_NE(verify(), std::nullopt) << "other bytes";
  parts_.outcome = attest(image_, make_release(other), *keys_.device);
  EXPECT_NE(verify(), std::nullopt) << "another release";
}

TEST_F(ProofBundle, PartsOfOtherStoriesAreRefused) {
  const BundleParts good = parts_;
  parts_.rollout = append("rollout.draft", "rollout/8", "version 3 of pose to cam");
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.version = append("version.registered", "model/pose/4", "");
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.document = "{}";
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.document.clear();
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.enrolment = append("device.enrolled", "device/d1",
                            "class other, key " + hex_text(keys_.device->public_key()));
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.next = append("device.attested", "device/d2/model/pose", "");
  EXPECT_NE(verify(), std::nullopt);
  parts_ = good;
  parts_.outcome.bytes.back() ^= 1;
  EXPECT_NE(verify(write_bundle(parts_)), std::nullopt) << "not in the log";
  parts_ = good;
  EXPECT_EQ(verify(), std::nullopt);
}

TEST_F(ProofBundle, AKeyThatWasChangedIsTheOneThatCounts) {
  const auto fresh = keys_.make("fresh");
  parts_.new_key =
      append("device.changed", "device/d1", "changed: key " + hex_text(fresh->public_key()));
  parts_.outcome = attest(image_, release_, *keys_.device);
  EXPECT_NE(verify(), std::nullopt);
  parts_.outcome = attest(image_, release_, *fresh);
  EXPECT_EQ(verify(), std::nullopt);
  EXPECT_EQ(facts_.device_key, fresh->key_id());
}

TEST_F(ProofBundle, AnotherRootIsRefused) {
  keys_.anchor.roots = {keys_.release->public_key()};
  const auto wrong = verify(write_bundle(parts_));
  ASSERT_NE(wrong, std::nullopt);
  EXPECT_NE(wrong->find("root key"), std::string::npos) << *wrong;
}

}  // namespace
}  // namespace flotilla::controller::proof
