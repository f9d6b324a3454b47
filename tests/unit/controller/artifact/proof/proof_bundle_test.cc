#include "controller/artifact/proof/proof_bundle.h"

#include <gtest/gtest.h>

#include <utility>

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
    if (parts_.keyset.empty()) parts_.keyset = keys_.keyset;
    parts_.checkpoint = sign_checkpoint(keys_.hasher, *keys_.director, head).value();
    for (ProvenEntry* entry :
         {&parts_.enrolment, &parts_.version, &parts_.rollout, &parts_.outcome}) {
      prove(*entry);
    }
    for (ProvenEntry& entry : parts_.keysets) prove(entry);
    for (ProvenEntry& entry : parts_.consents) prove(entry);
    if (parts_.new_key) prove(*parts_.new_key);
    if (parts_.next) prove(*parts_.next);
  }

  void prove(ProvenEntry& entry) {
    AuditEntry decoded;
    ASSERT_TRUE(decode(entry.bytes, decoded).ok());
    entry.path =
        audit_tree::inclusion_path(store_, keys_.hasher, decoded.number, tree_.size()).value();
  }

  std::string signature_text() {
    return cat("release ", to_hex(release_digest(keys_.hasher, as_bytes(release_)).value()).view(),
               ", key ", to_hex(keys_.release->key_id()).view());
  }

  std::string make_release(const Digest& image) { return make_release(image, *keys_.release); }

  std::string make_release(const Digest& image, Signer& key) {
    ReleaseManifest manifest;
    manifest.model = Name("pose");
    manifest.version = 3;
    manifest.hardware_class = Name("cam");
    manifest.image_digest = image;
    manifest.image_size = 1000;
    manifest.document_digest = keys_.hasher.sha256({as_bytes(document_)});
    return sign_release(keys_.hasher, key, manifest).value();
  }

  std::string approve(const char* name, Signer& key, const std::string& hardware_class = "cam") {
    Approval value;
    value.release_digest = release_digest(keys_.hasher, as_bytes(release_)).value();
    value.model = Name("pose");
    value.version = 3;
    value.hardware_class = Name(hardware_class);
    value.approver = FixedString<kMaxApproverName>(name);
    value.issued = WallTime{1'800'000'000'000};
    return sign_approval(keys_.hasher, key, value).value();
  }

  ProvenEntry take(const Keyset& value, const std::vector<ProofKeys::SignerPointer>& by = {},
                   const char* action = "keyset.taken") {
    parts_.keyset = keys_.sign(value, by);
    return append(action, "keyset/" + std::to_string(value.epoch), "5 keys", parts_.keyset);
  }

  /// Released under epoch 3 with two approvals; then the release key is replaced.
  void rotate() {
    parts_ = {};
    parts_.keysets.push_back(take(keys_.make_keyset(3, keys_.release, 2)));
    fill_log();
    parts_.approvals = {approve("ada", *keys_.ada), approve("bob", *keys_.bob)};
    fresh_ = keys_.make("fresh");
    parts_.keysets.push_back(take(keys_.make_keyset(4, fresh_, 2)));
  }

  ProvenEntry attest(const Digest& measured, const std::string& release, Signer& signer,
                     const char* device = "d1") {
    Attestation value;
    value.device = DeviceId(device);
    value.model = Name("pose");
    value.rollout = rollout_;
    value.release_digest = release_digest(keys_.hasher, as_bytes(release)).value();
    value.measured_digest = measured;
    value.outcome = outcome_;
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
  ProofKeys::SignerPointer fresh_;
  MemoryStore store_;
  AuditTree tree_;
  Digest image_;
  UpdateState outcome_ = UpdateState::kConfirmed;
  uint32_t rollout_ = 7;
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
  rotate();
  const std::string subject = "model/pose/3";
  parts_.consents = {append("release.signed", subject + "/cam", signature_text()),
                     append("version.approval", subject, "class cam, by carol, not signed"),
                     append("version.released", subject, "class cam")};
  // In the order of the story: the keyset comes last, and the device's word after the release.
  parts_.keysets.back() = take(keys_.make_keyset(4, fresh_, 2));
  parts_.outcome = attest(image_, release_, *keys_.device);
  ASSERT_EQ(verify(), std::nullopt);
  const std::string bundle = write_bundle(parts_);
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

TEST_F(ProofBundle, SaysWhoApprovedIt) {
  parts_.keyset = keys_.sign(keys_.make_keyset(3, keys_.release, 2));
  EXPECT_NE(verify(), std::nullopt) << "the keyset asks for two";
  parts_.approvals = {approve("ada", *keys_.ada)};
  const auto one = verify();
  ASSERT_NE(one, std::nullopt);
  EXPECT_NE(one->find("1 of 2 approvals"), std::string::npos) << *one;
  parts_.approvals.push_back(approve("bob", *keys_.ada));
  EXPECT_NE(verify(), std::nullopt) << "the same key twice";
  parts_.approvals[1] = approve("bob", *keys_.bob);
  parts_.consents = {append("version.approval", "model/pose/3", "class cam, by carol, not signed"),
                     append("version.released", "model/pose/3", "class cam: spring")};
  parts_.outcome = attest(image_, release_, *keys_.device);
  EXPECT_EQ(verify(), std::nullopt);
  ASSERT_EQ(facts_.approvals.size(), 2u);
  EXPECT_EQ(facts_.approvals[0].value.approver.view(), "ada");
  EXPECT_EQ(facts_.approvals[1].key, keys_.bob->key_id());
  EXPECT_EQ(facts_.approvals_needed, 2);
  ASSERT_EQ(facts_.consents.size(), 1u);
  EXPECT_TRUE(facts_.released.has_value());
}

TEST_F(ProofBundle, AnApprovalThatIsNobodysOrOfSomethingElseIsRefused) {
  parts_.approvals = {approve("eve", *keys_.device)};
  EXPECT_NE(verify(), std::nullopt) << "no approver";
  parts_.approvals = {approve("ada", *keys_.ada, "npu")};
  EXPECT_NE(verify(), std::nullopt) << "another class";
  parts_.approvals.clear();
  const std::string mine = "class cam, by carol, not signed";
  parts_.consents = {append("version.approval", "model/pose/4", mine)};
  EXPECT_NE(verify(), std::nullopt) << "another version";
  parts_.consents = {append("version.approval", "model/pose/3", "class npu, by al, not signed")};
  EXPECT_NE(verify(), std::nullopt) << "another class";
  parts_.consents = {append("version.approval", "model/pose/3", "class cam, by ada, signed")};
  EXPECT_NE(verify(), std::nullopt) << "the log does not vouch for a signature";
  parts_.consents = {append("version.released", "model/pose/3", "class camera")};
  EXPECT_NE(verify(), std::nullopt) << "another class";
  parts_.consents = {append("version.released", "model/pose/3", "class cam")};
  EXPECT_NE(verify(), std::nullopt) << "released after it ran";
  parts_.consents = {append("version.approval", "model/pose/3", mine)};
  EXPECT_EQ(verify(), std::nullopt);
}

TEST_F(ProofBundle, HoldsAfterItsReleaseKeyIsGone) {
  rotate();
  EXPECT_EQ(verify(), std::nullopt);
  EXPECT_EQ(facts_.release_epoch, 3u);
  EXPECT_EQ(facts_.head.keyset_epoch, 4u);
  EXPECT_EQ(facts_.approvals.size(), 2u);
  ASSERT_TRUE(facts_.retired.has_value());
  EXPECT_GT(facts_.retired->number, facts_.version.number);

  parts_.keysets.erase(parts_.keysets.begin());
  EXPECT_NE(verify(), std::nullopt) << "the newest alone does not know the key";
  parts_.keysets.clear();
  EXPECT_NE(verify(), std::nullopt);
}

TEST_F(ProofBundle, WhatAStolenKeySignedLaterIsRefused) {
  rotate();
  parts_.version =
      append("version.registered", "model/pose/3", " cam " + std::string(to_hex(image_).view()));
  const auto wrong = verify();
  ASSERT_NE(wrong, std::nullopt);
  EXPECT_NE(wrong->find("no longer accepts"), std::string::npos) << *wrong;
}

TEST_F(ProofBundle, EveryRootOfTheChainVouchesForIt) {
  rotate();
  const auto old_root = keys_.root;
  keys_.root = keys_.make("root2");
  parts_.keysets.push_back(
      take(keys_.make_keyset(5, fresh_, 2), {old_root, keys_.root}, "keyset.in_force"));
  const auto second = keys_.root;
  keys_.root = keys_.make("root3");
  parts_.keysets.push_back(take(keys_.make_keyset(6, fresh_, 2), {second, keys_.root}));
  for (const auto& root : {old_root, second, keys_.root}) {
    keys_.anchor.roots = {root->public_key()};
    EXPECT_EQ(verify(), std::nullopt);
    EXPECT_EQ(facts_.release_epoch, 3u);
  }
  keys_.anchor.roots = {keys_.device->public_key()};
  EXPECT_NE(verify(), std::nullopt);
}

TEST_F(ProofBundle, AKeysetThatNobodyHandedOverToIsRefused) {
  rotate();
  const auto thief = keys_.make("thief");
  const auto root = std::exchange(keys_.root, thief);
  const Keyset forged = keys_.make_keyset(5, fresh_, 0);
  const BundleParts good = parts_;
  parts_.keysets.push_back(take(forged));
  EXPECT_NE(verify(), std::nullopt) << "not signed by the roots before";
  parts_ = good;
  parts_.keysets[0] = take(keys_.make_keyset(3, keys_.release, 0));
  keys_.root = root;
  parts_.keysets[1] = take(keys_.make_keyset(4, fresh_, 2));
  EXPECT_NE(verify(), std::nullopt) << "a forged predecessor";
  parts_ = good;
  parts_.keysets.push_back(take(keys_.make_keyset(4, fresh_, 2)));
  EXPECT_NE(verify(), std::nullopt) << "the same epoch twice";
  parts_ = good;
  parts_.keyset = keys_.sign(keys_.make_keyset(5, fresh_, 0));
  EXPECT_NE(verify(), std::nullopt) << "not the newest of the log";
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

TEST_F(ProofBundle, NamesOfSitesAreNoKeys) {
  const auto fresh = keys_.make("fresh");
  const std::string first = hex_text(keys_.device->public_key());
  parts_.enrolment = append("device.enrolled", "device/d1", "class cam, site turkey, key " + first);
  for (const char* site : {"turkey", "key", "class"}) {
    parts_.new_key = append("device.changed", "device/d1",
                            std::string("changed: site ") + site + " labels key " +
                                hex_text(fresh->public_key()) + " duplicate cleared");
    parts_.outcome = attest(image_, release_, *fresh);
    EXPECT_EQ(verify(), std::nullopt) << site;
    EXPECT_EQ(facts_.device_key, fresh->key_id());
  }
}

TEST_F(ProofBundle, AKeyThatIsEvidenceCounts) {
  parts_.enrolment = append("device.enrolled", "device/d1", "class cam, as ever",
                            std::string(as_text(keys_.device->public_key())));
  parts_.outcome = attest(image_, release_, *keys_.device);
  EXPECT_EQ(verify(), std::nullopt);
}

/// The device went back: what it runs is known by its bytes alone, and two releases may have them.
TEST_F(ProofBundle, RegistrationBindsTheReleaseOfADeviceThatWentBack) {
  const auto registered = [&](const std::string& release) {
    const Digest digest = release_digest(keys_.hasher, as_bytes(release)).value();
    return append(
        "version.registered", "model/pose/3", "label spring;",
        cat("cam image ", to_hex(image_).view(), " release ", to_hex(digest).view(), " document ",
            to_hex(keys_.hasher.sha256({as_bytes(document_)})).view(), "\n"));
  };
  const std::string kept = document_;
  document_ = "{}";
  const std::string other = make_release(image_);
  document_ = kept;
  outcome_ = UpdateState::kReverted;
  parts_.version = registered(other);
  parts_.outcome = attest(image_, release_, *keys_.device);
  const auto wrong = verify();
  ASSERT_NE(wrong, std::nullopt);
  EXPECT_NE(wrong->find("version entry"), std::string::npos) << *wrong;
  parts_.version = registered(release_);
  parts_.outcome = attest(image_, other, *keys_.device);
  EXPECT_EQ(verify(), std::nullopt);
}

TEST_F(ProofBundle, ADraftIsBoundByTheEntryOfItsSignature) {
  parts_.version =
      append("version.registered", "model/pose/3", "",
             cat("cam image ", to_hex(image_).view(), " release none document none\n"));
  parts_.outcome = attest(image_, release_, *keys_.device);
  EXPECT_NE(verify(), std::nullopt) << "nobody signed it";
  parts_.consents = {append("release.signed", "model/pose/3/cam", signature_text() + "0")};
  EXPECT_NE(verify(), std::nullopt) << "by another key";
  parts_.consents = {append("release.signed_again", "model/pose/3/cam", signature_text())};
  EXPECT_EQ(verify(), std::nullopt);
}

TEST_F(ProofBundle, AWayBackIsOfTheRevocationThatCausedIt) {
  rollout_ = 0;
  const auto after = [&](const char* object, const char* detail) {
    parts_.rollout = append("version.revoked", object, detail);
    parts_.outcome = attest(image_, release_, *keys_.device);
    return verify();
  };
  EXPECT_EQ(after("model/pose/4", "class cam: wrong data"), std::nullopt);
  EXPECT_EQ(after("model/pose/4", "class cam"), std::nullopt);
  EXPECT_NE(after("model/pose/3", "class cam"), std::nullopt) << "what runs was revoked";
  EXPECT_NE(after("model/gate/4", "class cam"), std::nullopt) << "another model";
  EXPECT_NE(after("model/pose/4", "class mic: "), std::nullopt) << "another class";
  parts_.outcome = attest(image_, release_, *keys_.device);
  parts_.rollout = append("version.revoked", "model/pose/4", "class cam");
  EXPECT_NE(verify(), std::nullopt) << "revoked later";
  rollout_ = 7;
  EXPECT_NE(after("model/pose/4", "class cam"), std::nullopt) << "a rollout ordered it";
}

TEST_F(ProofBundle, AnotherRootIsRefused) {
  keys_.anchor.roots = {keys_.release->public_key()};
  const auto wrong = verify(write_bundle(parts_));
  ASSERT_NE(wrong, std::nullopt);
  EXPECT_NE(wrong->find("root key"), std::string::npos) << *wrong;
}

}  // namespace
}  // namespace flotilla::controller::proof
