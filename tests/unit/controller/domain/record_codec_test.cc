#include "controller/domain/record_codec.h"

#include <gtest/gtest.h>

#include "controller/domain/keys.h"
#include "schemas/base/prng.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kSeed = 20240611;

/// Records with random fields.
class Draw {
 public:
  explicit Draw(uint64_t seed) : prng_(seed) {}

  uint64_t number() { return prng_.next() >> prng_.below(64); }
  uint32_t small() { return prng_.below(100); }
  bool flag() { return prng_.below(2) == 1; }
  WallTime time() { return {static_cast<int64_t>(number()) * (flag() ? 1 : -1)}; }
  std::string text(uint32_t most) {
    std::string out(prng_.below(most + 1), ' ');
    for (char& c : out) c = static_cast<char>(prng_.below(256));
    return out;
  }
  Digest digest() {
    Digest out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(prng_.below(256));
    return out;
  }

  ModelState model_state() {
    ModelState out;
    out.model = Name(text(32));
    out.slot_size = number();
    out.active_digest = digest();
    out.state = static_cast<UpdateState>(prng_.below(8));
    out.reason = static_cast<Reason>(prng_.below(26));
    out.detail = FixedString<kMaxReasonText>(text(160));
    out.rollout = small();
    out.directive = {small(), number()};
    out.transfer = number();
    out.bytes_received = number();
    return out;
  }

  Device device() {
    Device out;
    out.id = text(64);
    out.hardware_class = text(32);
    for (uint32_t i = 0; i < prng_.below(4); ++i) out.labels[text(8)] = text(20);
    for (uint8_t& byte : out.public_key) byte = static_cast<uint8_t>(prng_.below(256));
    out.shard = static_cast<uint16_t>(prng_.below(1024));
    out.enrolled = time();
    out.retired = flag();
    out.order = {number(), small(), number()};
    out.duplicate_suspected = flag();
    for (uint32_t i = 0; i < prng_.below(3); ++i) {
      const std::string name = text(8);
      out.models[name] = {model_state(), text(100), flag(), digest(), digest(), digest()};
      out.health[name] = ModelHealth{Name(name), digest(), flag(), number(), number(), 1, 2};
    }
    return out;
  }

  Rollout rollout() {
    Rollout out;
    out.id = small();
    out.model = text(32);
    out.state = static_cast<RolloutState>(prng_.below(9));
    out.policy.soak_s = small();
    out.policy.rollback_on_halt = flag();
    for (uint32_t i = 0; i < prng_.below(3); ++i) {
      out.targets.push_back(
          {text(8), digest(), digest(), small(), number(), number(), {number(), number()}, {}});
      out.waves.push_back({i, time(), time()});
    }
    out.created = time();
    return out;
  }

  StandingDirective standing() {
    StandingDirective out;
    out.model = text(8);
    out.hardware_class = text(8);
    out.directive.model = Name(out.model);
    out.directive.seq = number();
    out.directive.verb = Verb::kRollback;
    for (uint32_t i = 0; i < prng_.below(9); ++i) {
      EXPECT_TRUE(out.directive.offers.push_back({digest(), number()}));
      EXPECT_TRUE(out.directive.cohort.push_back({Name(text(4)), small(), small()}));
    }
    out.directive.issued = time();
    for (uint32_t i = 0; i < prng_.below(9); ++i) out.revoked.push_back(digest());
    return out;
  }

  ModelVersion version() {
    ModelVersion out;
    out.model = text(8);
    out.version = small();
    out.document = text(300);
    Variant variant;
    variant.hardware_class = text(8);
    variant.image_digest = digest();
    variant.image_size = number();
    variant.release_envelope = text(200);
    variant.facts.inspection = 1;
    variant.facts.format = text(8);
    variant.facts.weights = number();
    variant.facts.sparsity_ppm = small();
    variant.facts.operators = {{text(8), number()}, {text(8), number()}};
    variant.facts.inventory = digest();
    variant.checkpoint = {number(), digest()};
    out.variants.assign(prng_.below(3), variant);
    out.lineage = {small(), small(), small()};
    return out;
  }

  Lifecycle lifecycle() {
    Lifecycle out;
    out.model = text(8);
    out.version = small();
    out.classes["cam"] = {static_cast<ReleaseState>(prng_.below(6)), time(), text(8), text(20)};
    out.evidence = {{text(8), digest(), {{"f1", "0.9"}}, text(8), time()}};
    out.approvals = {{text(8), text(8), time(), number(), text(100)}};
    return out;
  }

  Transfer transfer() {
    Transfer out;
    out.id = number();
    out.manifest.merkle_root = digest();
    out.manifest.expires = time();
    out.manifest_envelope = text(100);
    out.message_bytes = number();
    out.state = static_cast<Transfer::State>(prng_.below(4));
    out.keyset_epoch = small();
    return out;
  }

  Prng prng_;
};

/// Every prefix is refused; every flipped bit is refused or gives a record of exactly those bytes.
template <typename Record>
void check(const Record& record) {
  const std::string bytes = encode(record);
  Record back;
  const Status status = decode(bytes, back);
  ASSERT_TRUE(status.ok()) << status.reason();
  EXPECT_EQ(encode(back), bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    Record cut;
    EXPECT_FALSE(decode(std::string_view(bytes).substr(0, size), cut).ok()) << size;
  }
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    // An older format is read as it was, and written in the present one.
    if (static_cast<uint8_t>(flipped[0]) < kRecordVersion<Record>) continue;
    Record other;
    if (decode(flipped, other).ok()) {
      EXPECT_EQ(encode(other), flipped) << "bit " << bit;
    }
  }
  Record longer;
  EXPECT_EQ(decode(bytes + '\0', longer).code(), Code::kDataLoss);
}

TEST(RecordCodec, EveryRecordSurvivesAndNothingElseDoes) {
  std::cout << "seed " << kSeed << "\n";
  Draw draw(kSeed);
  for (int i = 0; i < 5; ++i) {
    check(draw.device());
    check(draw.rollout());
    check(draw.standing());
    check(draw.version());
    check(draw.transfer());
    check(HardwareClass{draw.text(8), draw.number(), draw.small(), draw.small(), draw.small(),
                        draw.number(), draw.text(8), draw.text(8), draw.text(8), draw.text(8)});
    check(AuditEntry{draw.number(), draw.time(), draw.text(9), draw.text(9), draw.text(9), "",
                     draw.text(90)});
    check(AuditNode{draw.digest()});
    check(SignedCheckpoint{
        {FixedString<kMaxOrigin>("flotilla/12"), {draw.number(), draw.digest()}, draw.time()},
        draw.text(90)});
    check(Token{draw.text(9),
                draw.text(9),
                draw.text(9),
                draw.digest(),
                draw.time(),
                {{Role::kOperator, {draw.text(9), draw.text(9), draw.text(9), draw.text(9)}}},
                draw.time(),
                draw.time()});
    check(draw.lifecycle());
    check(Policy{draw.text(4),
                 draw.text(4),
                 {draw.text(9), draw.text(9)},
                 {draw.text(9)},
                 draw.small(),
                 draw.small(),
                 {draw.text(4)},
                 {draw.text(4)},
                 {},
                 draw.time(),
                 draw.text(4)});
    check(Alias{draw.text(4),
                draw.text(4),
                draw.small(),
                {{"cam", draw.small()}},
                draw.time(),
                draw.text(4)});
    check(OutboxEntry{draw.number(), OutboxEntry::Kind::kDirective, draw.text(4), draw.text(4)});
    check(Meta{draw.number(), draw.small(), draw.number(), draw.number(), draw.time(), {"a", "b"}});
    Assignment assignment;
    assignment.device = draw.text(64);
    assignment.state = static_cast<AssignmentState>(draw.prng_.below(10));
    assignment.changed = draw.time();
    check(assignment);
  }
}

TEST(RecordCodec, RandomBytesNeverDecodeToAnythingElse) {
  std::cout << "seed " << kSeed << "\n";
  Draw draw(kSeed + 1);
  for (int i = 0; i < 20000; ++i) {
    const std::string bytes = '\x01' + draw.text(120);
    Device device;
    if (decode(bytes, device).ok()) {
      EXPECT_EQ(encode(device), bytes);
    }
    Rollout rollout;
    if (decode(bytes, rollout).ok()) {
      EXPECT_EQ(encode(rollout), bytes);
    }
  }
}

TEST(RecordCodec, ANewerVersionIsRefusedByName) {
  std::string bytes = encode(Token{});
  bytes[0] = static_cast<char>(kRecordVersion<Token> + 1);
  Token token;
  EXPECT_EQ(decode(bytes, token).code(), Code::kUnimplemented);
  bytes[0] = 0;
  EXPECT_EQ(decode(bytes, token).code(), Code::kDataLoss);
}

/// Bytes of what became of a version, when nothing did: pinned and deleted, by whom.
constexpr size_t kFate = 4;

TEST(RecordCodec, AVersionFromBeforeLineagesIsReadAsItWas) {
  ModelVersion version;
  version.model = "pose";
  version.version = 3;
  std::string bytes = encode(version);
  ASSERT_EQ(bytes.substr(bytes.size() - 3 - kFate), std::string(3 + kFate, '\0'));
  bytes.resize(bytes.size() - 3 - kFate);
  bytes[0] = 1;
  ModelVersion back;
  back.lineage = {1, 2, 3};
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.version, 3u);
  EXPECT_EQ(back.lineage.rounded_from, 0u);
}

TEST(RecordCodec, AVersionFromBeforeInspectionsIsReadAsItWas) {
  ModelVersion version;
  version.model = "pose";
  version.version = 3;
  version.lineage = {1, 2, 3};
  version.variants.resize(1);
  version.variants[0].hardware_class = "cam";
  std::string bytes = encode(version);
  bytes.resize(bytes.size() - kFate);
  // Of the empty facts 11 bytes and a digest, before the lineage's three.
  constexpr size_t kCheckpoint = 1 + 32;  // follows the facts, and is younger still
  bytes.erase(bytes.size() - 3 - kCheckpoint, kCheckpoint);
  constexpr size_t kFacts = 11 + 32;
  ASSERT_EQ(bytes.substr(bytes.size() - 3 - kFacts, kFacts), std::string(kFacts, '\0'));
  bytes.erase(bytes.size() - 3 - kFacts, kFacts);
  bytes[0] = 2;
  ModelVersion back;
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.lineage.step_ppm, 3u);
  EXPECT_EQ(back.variants.at(0).hardware_class, "cam");
  EXPECT_EQ(back.variants.at(0).facts.inspection, 0);
}

TEST(RecordCodec, ADeviceFromBeforeConfirmedReleasesHasConfirmedNone) {
  Device device;
  device.id = "d1";
  device.models["pose"].attestation = "signed";
  device.witness = Witness::kProven;
  std::string bytes = encode(device);
  // The three digests, before the last model's end: no health (time and map), witness and two
  // heads.
  constexpr size_t kDigests = 3 * 32, kRest = 2 + 1 + 2 * (1 + 32) + 1;
  ASSERT_EQ(bytes.substr(bytes.size() - kRest - kDigests, kDigests), std::string(kDigests, '\0'));
  bytes.erase(bytes.size() - kRest - kDigests, kDigests);
  bytes[0] = 2;
  Device back;
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.models.at("pose").attestation, "signed");
  EXPECT_TRUE(back.models.at("pose").confirmed_release.is_none());
  EXPECT_EQ(back.witness, Witness::kProven);
}

TEST(RecordCodec, AClassFromBeforeTheFitCheckStatesNothing) {
  HardwareClass definition;
  definition.name = "cam";
  std::string bytes = encode(definition);
  bytes.resize(bytes.size() - 5);
  bytes[0] = 1;
  HardwareClass back;
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.name, "cam");
  EXPECT_EQ(back.ram, 0u);
  EXPECT_TRUE(back.runtime.empty());
}

TEST(RecordCodec, ADirectiveFromBeforeRevocationsNamesNothing) {
  StandingDirective standing;
  standing.model = "pose";
  std::string bytes = encode(standing);
  bytes.pop_back();
  bytes[0] = 1;
  StandingDirective back;
  back.revoked.resize(1);
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.model, "pose");
  EXPECT_TRUE(back.revoked.empty());
  standing.revoked.resize(kMaxRevoked + 1);
  EXPECT_EQ(decode(encode(standing), back).code(), Code::kDataLoss);
}

TEST(RecordCodec, ATokenFromBeforeGrantsKeepsWhatAnAdminCouldDo) {
  Token token;
  token.id = "t1";
  token.name = "ops";
  token.identity = "admin";  // where the role stood
  std::string bytes = encode(token);
  bytes.resize(bytes.size() - 3);
  bytes[0] = 1;
  Token back;
  ASSERT_TRUE(decode(bytes, back).ok());
  EXPECT_EQ(back.identity, "ops");
  for (const Permission permission : {Permission::kManageTokens, Permission::kPublish,
                                      Permission::kOperate, Permission::kEnrol}) {
    EXPECT_TRUE(permits(back.grants, permission, {kEvery, kEvery, kEvery, kEvery}));
  }
  EXPECT_FALSE(permits_anywhere(back.grants, Permission::kApprove));
}

TEST(RecordCodec, TheBytesOfAuditEntriesNeverChange) {
  const AuditEntry entry{300,         WallTime{1000}, "alice", "rollout.halted",
                         "rollout/7", "why",          "proof"};
  const std::string fields = std::string("\xac\x02\xd0\x0f\x05") + "alice" + "\x0e" +
                             "rollout.halted" + "\x09" + "rollout/7" + "\x03" + "why";
  EXPECT_EQ(encode(entry), "\x02" + fields + "\x05" + "proof");
  AuditEntry back;
  ASSERT_TRUE(decode("\x01" + fields, back).ok()) << "from before evidence";
  EXPECT_EQ(back.detail, "why");
  EXPECT_EQ(back.evidence, "");
}

TEST(Keys, OrderOfBytesIsOrderOfNumbers) {
  EXPECT_LT(keys::audit(255), keys::audit(256));
  EXPECT_LT(keys::audit(UINT32_MAX), keys::audit(uint64_t{UINT32_MAX} + 1));
  EXPECT_LT(keys::assignment(3, 1, "z"), keys::assignment(3, 2, "a"));
  EXPECT_LT(keys::device(1, "z"), keys::device(2, "a"));
}

TEST(Keys, TableThenShardThenId) {
  EXPECT_EQ(keys::device(0x0102, "d1"), std::string("\x03\x01\x02") + "d1");
  EXPECT_EQ(keys::rollout(7), std::string("\x05\0\0\0\0\0\x07", 7));
  EXPECT_EQ(keys::directive("mcu", "pose"), std::string("\x08\0\0", 3) + "mcu/pose");
}

}  // namespace
}  // namespace flotilla::controller
