// Releases that are signed and approved elsewhere, and keysets that are put in force, against the
// API with real keys.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/app/cli/key_file.h"
#include "controller/app/cli/keyset_proposal.h"
#include "controller/app/keyset_desk.h"
#include "controller/artifact/aligned.h"
#include "controller/artifact/approval_check.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"
#include "tests/support/adapter_keys.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::controller::app {
namespace {

/// Replaced by its successor after each signature; each writes its number into what it signs.
class Successors final : public Signer {
 public:
  KeyId key_id() const override { return now_; }
  const PublicKey& public_key() const override { return key_; }
  Result<SignatureBytes> sign(const Digest&) override {
    SignatureBytes out{};
    out[0] = now_++;
    return out;
  }
  Result<KeyedSignature> sign_named(const Digest& digest) override {
    const KeyId key = now_;
    return KeyedSignature{key, sign(digest).value()};
  }

 private:
  uint8_t now_ = 1;
  PublicKey key_{};
};

TEST(Signatures, AreOfTheKeyThatTheyName) {
  MbedHasher hasher;
  Successors director;
  Checkpoint value;
  value.origin = FixedString<kMaxOrigin>("flotilla/0123456789abcdef");
  value.head.size = 1;
  value.head.root.bytes.fill(1);
  value.time = WallTime{1'800'000'000'000};
  for (uint8_t i = 1; i < 4; ++i) {
    const auto envelope = sign_checkpoint(hasher, director, value);
    ASSERT_TRUE(envelope.ok());
    const AlignedCopy bytes(as_bytes(envelope.value()));
    const auto decoded = wire::decode_checkpoint(bytes.view());
    ASSERT_TRUE(decoded.ok());
    const SignatureView& signature = decoded.value().envelope.signatures[0];
    EXPECT_EQ(signature.key_id, signature.bytes[0]);
    EXPECT_EQ(signature.key_id, i);
  }
}

class SigningWorld : public ::testing::Test {
 protected:
  SigningWorld() {
    for (const char* name : {"root", "root2", "director", "release", "ada", "bob"}) make(name);
    proposal_.keys = {
        {half("root"), kRoleRoot, ""},         {half("root2"), kRoleRoot, ""},
        {half("director"), kRoleDirector, ""}, {half("release"), kRoleRelease, "pose*/cam"},
        {half("ada"), kRoleApprover, ""},      {half("bob"), kRoleApprover, "*/cam"}};
    proposal_.rules = {{"pose/*", 2}};
    proposal_.root_threshold = 2;
    proposal_.issued = {1'790'000'000'000};
    EXPECT_TRUE(sign_proposal(proposal_, *signer("root")).ok());
    EXPECT_TRUE(sign_proposal(proposal_, *signer("root2")).ok());
    desk_.emplace(KeysetDesk::Parts{folder_.path(), hasher_, director_,
                                    [this](const FleetKeys& keys) {
                                      adopted_ = keys.keyset().epoch;
                                      world.plane.use_keyset(adopted_);
                                    }},
                  FleetKeys::open(envelope_of(proposal_).value()).value());
    world.around.release_signer = nullptr;
    world.around.keysets = &*desk_;
    world.around.verifier = &verifier_;
    world.around.verify_approval = [this](Bytes envelope) {
      return verify_approval(hasher_, verifier_, desk_->current()->keyset(), envelope);
    };
    world.api = std::make_unique<api::Api>(world.around);
    for (const char* name : {"ada", "bob", "release"}) world.grant(name, {{Role::kApprover, {}}});
    world.enrol("d1", "cam");
    world.push("pose", "cam", "1.0");
  }

  void make(const std::string& name) { ASSERT_TRUE(make_key_pair(folder_ / (name + ".key")).ok()); }
  std::shared_ptr<MbedSigner> signer(const std::string& name) {
    return MbedSigner::load(hasher_, folder_ / (name + ".key")).value();
  }
  PublicKey half(const std::string& name) {
    return load_public_key(folder_ / (name + ".pub")).value();
  }
  std::string id(const std::string& name) { return key_id_text(half(name)); }

  api::Response post(const std::string& path, const std::string& envelope) {
    return world.send("POST", path, {{"envelope", hex_text(as_bytes(envelope))}});
  }
  api::Response sign(const std::string& key, const ReleaseManifest& manifest) {
    return post(kRelease, sign_release(hasher_, *signer(key), manifest).value());
  }
  ReleaseManifest manifest() {
    const auto release = world.expect(200, world.send("GET", kRelease));
    ReleaseManifest out;
    out.model = Name("pose");
    out.version = 1;
    out.label.assign_truncated("1.0");
    out.hardware_class = Name("cam");
    EXPECT_TRUE(parse_hex(release["image_digest"].get<std::string>(), out.image_digest));
    out.image_size = release["image_size"];
    return out;
  }
  std::string approval(const std::string& key) {
    const auto release = world.expect(200, world.send("GET", kRelease));
    Approval out;
    if (release["release_digest"].is_string()) {
      EXPECT_TRUE(parse_hex(release["release_digest"].get<std::string>(), out.release_digest));
    } else {
      out.release_digest.bytes.fill(1);
    }
    out.model = Name("pose");
    out.version = 1;
    out.hardware_class = Name("cam");
    out.approver.assign_truncated(key);
    out.issued = world.now;
    return sign_approval(hasher_, *signer(key), out).value();
  }
  /// With a token of the key's owner.
  api::Response approve(const std::string& key) {
    return world.send("POST", kApprovals, {{"envelopes", {hex_text(as_bytes(approval(key)))}}},
                      key);
  }
  api::Response start() {
    return world.send("POST", "/api/v1/rollouts", {{"model", "pose"}, {"version", "1.0"}});
  }
  static void expect_names(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  static constexpr const char* kRelease = "/api/v1/models/pose/versions/1.0/release/cam";
  static constexpr const char* kApprovals = "/api/v1/models/pose/versions/1/approvals";

  flotilla::testing::TemporaryFolder folder_;
  MbedHasher hasher_;
  OpensslVerifier verifier_;
  ReplaceableSigner director_{[this] {
    make("director-first");
    return signer("director-first");
  }()};
  KeysetProposal proposal_;
  uint32_t adopted_ = 0;
  std::optional<KeysetDesk> desk_;
  flotilla::testing::ApiWorld world;
};

TEST_F(SigningWorld, WhatTheServersKeyMayNotSignWaitsForTheOneThatMay) {
  make("other");
  const auto own = signer("other");
  world.around.release_signer = own.get();
  world.api = std::make_unique<api::Api>(world.around);
  world.push("pose", "cam", "2.0");
  const Variant& variant = world.plane.models().at("pose").at(2).variants.at(0);
  EXPECT_TRUE(variant.release_digest.is_none());
  EXPECT_TRUE(variant.release_envelope.empty());
}

TEST_F(SigningWorld, ADraftCannotBeRolledOut) {
  expect_names(world.expect_problem(409, start()),
               {"version 1 of pose for class cam is a draft", "flotilla model sign pose 1"});
}

TEST_F(SigningWorld, ASignedAndApprovedReleaseCan) {
  const auto release = world.expect(200, sign("release", manifest()));
  EXPECT_TRUE(release["release_digest"].is_string());
  expect_names(world.expect_problem(409, start()),
               {"has 0 of 2 approvals", "flotilla model approve", id("ada"), id("bob")});
  world.expect(201, approve("ada"));
  expect_names(world.expect_problem(409, start()), {"has 1 of 2 approvals"});
  world.expect(201, approve("ada"));
  expect_names(world.expect_problem(409, start()), {"has 1 of 2 approvals"});
  world.expect(201, approve("bob"));
  const auto version = world.expect(200, world.send("GET", "/api/v1/models/pose/versions/1"));
  EXPECT_EQ(version["variants"][0]["approvals"].size(), 2u);
  world.expect(201, start());
  for (const Effect& effect : world.effects) {
    const auto* build = std::get_if<BuildTransfers>(&effect);
    if (build == nullptr) continue;
    EXPECT_EQ(build->approvals.size(), 2u);
  }
}

TEST_F(SigningWorld, AnotherManifestIsRefused) {
  ReleaseManifest other = manifest();
  other.image_digest.bytes[0] ^= 1;
  expect_names(world.expect_problem(400, sign("release", other)), {"registered is pose 1 for cam"});
  other = manifest();
  other.security_counter = 7;
  world.expect_problem(400, sign("release", other));
  expect_names(world.expect_problem(400, post(kRelease, approval("ada"))), {"another kind"});
  world.expect_problem(400, world.send("POST", kRelease, {{"envelope", "xyz"}}));
  world.expect_problem(409, start());
}

TEST_F(SigningWorld, AnotherKeyIsRefusedWithWhoCould) {
  expect_names(world.expect_problem(403, sign("ada", manifest())),
               {"signed by " + id("ada"), "no release key of keyset epoch 1",
                "flotilla model sign with one of: " + id("release")});
  world.expect(200, sign("release", manifest()));
  expect_names(world.expect_problem(403, approve("release")), {"not signed by an approver"});
}

TEST_F(SigningWorld, AKeyOfAnotherDelegationIsRefusedWithItsScopes) {
  world.push("gate", "cam", "1.0");
  const char* path = "/api/v1/models/gate/versions/1/release/cam";
  const auto wanted = world.expect(200, world.send("GET", path));
  ReleaseManifest other = manifest();
  other.model = Name("gate");
  EXPECT_TRUE(parse_hex(wanted["image_digest"].get<std::string>(), other.image_digest));
  other.image_size = wanted["image_size"];
  expect_names(world.expect_problem(
                   403, post(path, sign_release(hasher_, *signer("release"), other).value())),
               {"gate 1 for cam is signed by key " + id("release"), "may sign for pose*/cam alone",
                "sign with one of: none"});
}

TEST_F(SigningWorld, ADraftHasNothingToApprove) {
  expect_names(world.expect_problem(403, approve("ada")), {"the approval is signed for pose 1"});
}

TEST_F(SigningWorld, WhatIsSignedStaysWhatItIs) {
  world.expect(200, sign("release", manifest()));
  expect_names(world.expect_problem(409, sign("release", manifest())), {"signature already"});
}

// ---- keysets

class KeysetRotation : public SigningWorld {
 protected:
  KeysetProposal next() { return successor_of(*desk_->current(), world.now); }
  /// What follows from an answer comes after it was committed.
  api::Response publish(const KeysetProposal& proposal) {
    world.effects.clear();
    api::Response out = post("/api/v1/keyset", envelope_of(proposal).value());
    for (const Effect& effect : world.effects) {
      const auto* next = std::get_if<AdoptKeyset>(&effect);
      if (next != nullptr) adopt(next->envelope);
    }
    return out;
  }
  uint32_t epoch_at_start() {
    HashingVerifier verifier(hasher_, verifier_);
    const auto found = newest_keyset(world.store, verifier, folder_.path());
    EXPECT_TRUE(found.ok()) << found.status().reason();
    return found.ok() ? found.value()->keyset().epoch : 0;
  }
  void adopt(const std::string& envelope) { EXPECT_TRUE(desk_->adopt(envelope).ok()); }
  std::string kept() {
    std::ifstream file(folder_ / "keyset.bin", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(KeysetRotation, EnoughRootsPutItInForce) {
  director_.replace(signer("director"));
  KeysetProposal proposal = next();
  proposal.keys.erase(proposal.keys.begin() + 3);  // the release key is gone
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  expect_names(world.expect_problem(401, publish(proposal)), {"1 of 2 of the keyset in force"});
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  EXPECT_EQ(world.expect(200, publish(proposal))["epoch"], 2);
  EXPECT_EQ(adopted_, 2u);
  EXPECT_EQ(desk_->current()->keyset().epoch, 2u);
  EXPECT_TRUE(FleetKeys::open(desk_->current()->envelope()).ok());
  EXPECT_EQ(kept(), desk_->current()->envelope());
  expect_names(world.expect_problem(409, publish(proposal)),
               {"has epoch 2; the one in force has 2"});
  expect_names(world.expect_problem(403, sign("release", manifest())), {"keyset epoch 2"});
}

TEST_F(KeysetRotation, IsInForceOnlyWhenItIsOnRecord) {
  KeysetProposal proposal = next();
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  EXPECT_EQ(world.expect(200, post("/api/v1/keyset", envelope_of(proposal).value()))["epoch"], 2);
  EXPECT_EQ(desk_->current()->keyset().epoch, 1u) << "the turn that records it is not committed";
  const char* waits = "keyset epoch 2 is on record and not yet in force";
  expect_names(world.expect_problem(503, post("/api/v1/keyset", envelope_of(proposal).value())),
               {waits});
  expect_names(world.expect_problem(503, sign("release", manifest())), {waits});
  adopt(envelope_of(proposal).value());
  world.expect(200, sign("release", manifest()));
}

TEST_F(KeysetRotation, AStartFindsTheOneThatIsOnRecordAlone) {
  ASSERT_TRUE(keep_keyset(folder_.path(), *desk_->current()).ok());
  EXPECT_EQ(epoch_at_start(), 1u);
  KeysetProposal proposal = next();
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  world.expect(200, post("/api/v1/keyset", envelope_of(proposal).value()));
  EXPECT_EQ(epoch_at_start(), 2u) << "the process ended before it adopted";
  EXPECT_EQ(kept(), desk_->current()->envelope()) << "looking changes nothing";
}

TEST_F(KeysetRotation, AFolderThatHoldsItAlreadyIsNotWritten) {
  ASSERT_TRUE(keep_keyset(folder_.path(), *desk_->current()).ok());
  const std::string file = folder_ / "keyset.bin";
  const auto number = [&] {
    struct stat facts {};
    EXPECT_EQ(::stat(file.c_str(), &facts), 0);
    return facts.st_ino;
  };
  const ino_t before = number();
  const std::string other_name = folder_ / "keyset.linked";  // keeps the number from use by another
  std::filesystem::create_hard_link(file, other_name);
  EXPECT_TRUE(keep_keyset(folder_.path(), *desk_->current()).ok());
  EXPECT_EQ(number(), before) << "a key folder may be one that nobody can write";
  std::ofstream(file, std::ios::trunc) << "something else";
  EXPECT_TRUE(keep_keyset(folder_.path(), *desk_->current()).ok());
  EXPECT_EQ(kept(), desk_->current()->envelope());
}

TEST_F(KeysetRotation, AStartTakesNothingFromTheLogThatTheFolderDoesNotVouchFor) {
  ASSERT_TRUE(keep_keyset(folder_.path(), *desk_->current()).ok());
  KeysetProposal forged = next();
  ASSERT_TRUE(sign_proposal(forged, *signer("root")).ok());  // one of two
  const std::string envelope = envelope_of(forged).value();
  const StepResult noted =
      world.plane.step(NoteKeyset{{2, "forged", envelope}}, {"x", "x"}, world.now);
  ASSERT_TRUE(world.store.commit(noted.writes).ok());
  EXPECT_EQ(epoch_at_start(), 1u);
  const StepResult noise =
      world.plane.step(NoteKeyset{{9, "noise", "no keyset"}}, {"x", "x"}, world.now);
  ASSERT_TRUE(world.store.commit(noise.writes).ok());
  EXPECT_EQ(epoch_at_start(), 1u);
}

TEST_F(KeysetRotation, ANewDirectorsKeyMustBeInPlace) {
  KeysetProposal proposal = next();
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  EXPECT_EQ(director_.public_key(), half("director-first"));
  world.expect(200, publish(proposal));  // director.key is in the folder
  EXPECT_EQ(director_.public_key(), half("director"));

  make("stranger");
  proposal = next();
  proposal.keys[2].public_key = half("stranger");
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  expect_names(world.expect_problem(409, publish(proposal)), {"names neither", "director.key"});
  EXPECT_EQ(desk_->current()->keyset().epoch, 2u);
}

TEST_F(KeysetRotation, NewRootsNeedTheOldOnesAndTheirOwn) {
  director_.replace(signer("director"));
  for (const char* name : {"new1", "new2"}) make(name);
  KeysetProposal proposal = next();
  proposal.keys[0].public_key = half("new1");
  proposal.keys[1].public_key = half("new2");
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("new1")).ok());
  ASSERT_TRUE(sign_proposal(proposal, *signer("new2")).ok());
  expect_names(world.expect_problem(401, publish(proposal)),
               {"1 of 2 of the keyset in force, 2 of 2 of the new one"});
  ASSERT_TRUE(sign_proposal(proposal, *signer("root2")).ok());
  world.expect(200, publish(proposal));
}

TEST_F(KeysetRotation, AKeySignsOnceAndOnlyRootsDo) {
  KeysetProposal proposal = next();
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  EXPECT_EQ(sign_proposal(proposal, *signer("root")).code(), Code::kAlreadyExists);
  EXPECT_EQ(sign_proposal(proposal, *signer("director")).code(), Code::kPermissionDenied);
}

TEST_F(KeysetRotation, AProposalSurvivesItsFile) {
  KeysetProposal proposal = next();
  ASSERT_TRUE(sign_proposal(proposal, *signer("root")).ok());
  ASSERT_TRUE(save_proposal(folder_ / "next.json", proposal).ok());
  const auto read = load_proposal(folder_ / "next.json", {});
  ASSERT_TRUE(read.ok()) << read.status().reason();
  EXPECT_EQ(proposal_json(read.value()), proposal_json(proposal));
  EXPECT_EQ(envelope_of(read.value()).value(), envelope_of(proposal).value());
  EXPECT_EQ(signatures_of(read.value()).value().have_old, 1);
  std::ofstream(folder_ / "bad.json") << "{\"format\":\"flotilla-keyset-proposal-1\"}";
  EXPECT_FALSE(load_proposal(folder_ / "bad.json", {}).ok());
}

}  // namespace
}  // namespace flotilla::controller::app
