#include <gtest/gtest.h>

#include "controller/domain/keys.h"
#include "schemas/protocol/delta/memory.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

Code code_of(const StepResult& result) {
  return result.refusal ? result.refusal->code : Code::kOk;
}

Code define(World& world, const HardwareClass& definition) {
  return code_of(world.step(DefineClass{definition}));
}

HardwareClass valid_class() {
  HardwareClass out;
  out.name = "mcu";
  return out;
}

TEST(Classes, LimitsThatCannotWorkAreRefused) {
  World world;
  HardwareClass bad = valid_class();
  bad.chunk_max = 1023;
  EXPECT_EQ(define(world, bad), Code::kOutOfRange);
  bad.chunk_max = kChunkMaxLimit + 1;
  EXPECT_EQ(define(world, bad), Code::kOutOfRange);
  bad = valid_class();
  bad.erase_unit = 3000;
  EXPECT_EQ(define(world, bad), Code::kInvalidArgument);
  bad.erase_unit = 0;
  EXPECT_EQ(define(world, bad), Code::kInvalidArgument);
  bad.erase_unit = 4096;
  bad.chunk_max = 4096 + 255;
  EXPECT_EQ(define(world, bad), Code::kInvalidArgument) << "one unit must always fit";
  bad = valid_class();
  bad.decoder_memory = delta::decoder_memory(delta::kSmallProfile) - 1;
  EXPECT_EQ(define(world, bad), Code::kOutOfRange);
  bad = valid_class();
  bad.name = "MCU";
  EXPECT_EQ(define(world, bad), Code::kInvalidArgument);
  EXPECT_TRUE(world.plane().classes().empty());
}

TEST(Classes, TheTightestClassIsAccepted) {
  World world;
  HardwareClass tight = valid_class();
  tight.chunk_max = 4096 + 256;
  tight.decoder_memory = delta::decoder_memory(delta::kSmallProfile);
  EXPECT_EQ(define(world, tight), Code::kOk);
  const uint64_t before = world.plane().audit_size();
  EXPECT_EQ(define(world, tight), Code::kOk) << "the same again changes nothing";
  EXPECT_EQ(world.plane().audit_size(), before);
}

RegisterVersion version_of(World& world, uint32_t number, const std::string& label) {
  RegisterVersion out;
  out.version.model = "pose";
  out.version.version = number;
  out.version.label = label;
  Variant variant;
  variant.hardware_class = "mcu";
  variant.image_digest = world.hasher.of("image of " + label);
  variant.image_size = 100;
  variant.release_digest = world.hasher.of("release of " + label);
  variant.release_envelope = "signed";
  out.version.variants.push_back(variant);
  return out;
}

TEST(Versions, AreNumberedAndKept) {
  World world;
  world.define_class("mcu");
  EXPECT_EQ(world.plane().next_version("pose"), 1u);
  ASSERT_EQ(code_of(world.step(version_of(world, 1, "a"))), Code::kOk);
  EXPECT_EQ(world.plane().next_version("pose"), 2u);
  const ModelVersion& kept = world.plane().models().at("pose").at(1);
  EXPECT_EQ(kept.created, world.now);
  EXPECT_EQ(kept.created_by, "alice");
}

TEST(Versions, TheSameContentIsRefusedWithItsNumber) {
  World world;
  world.define_class("mcu");
  ASSERT_EQ(code_of(world.step(version_of(world, 1, "a"))), Code::kOk);
  RegisterVersion again = version_of(world, 2, "a");
  again.version.variants[0].release_digest = world.hasher.of("signed for version 2");
  const StepResult result = world.step(again);
  EXPECT_EQ(code_of(result), Code::kAlreadyExists);
  EXPECT_NE(result.refusal->message.find("version 1"), std::string::npos);
}

TEST(Versions, DeltaAwareOnesCannotPassForTheirOrigin) {
  World world;
  world.define_class("mcu");
  ASSERT_EQ(code_of(world.step(version_of(world, 1, "a"))), Code::kOk);
  ASSERT_EQ(code_of(world.step(version_of(world, 2, "b"))), Code::kOk);
  RegisterVersion rounded = version_of(world, 3, "b-rounded");
  rounded.version.lineage = {9, 1, 250'000};
  EXPECT_EQ(code_of(world.step(rounded)), Code::kNotFound);
  rounded.version.lineage = {2, 9, 250'000};
  EXPECT_EQ(code_of(world.step(rounded)), Code::kNotFound);
  rounded.version.lineage = {2, 2, 250'000};
  EXPECT_EQ(code_of(world.step(rounded)), Code::kInvalidArgument);
  rounded.version.lineage = {2, 1, 250'000};
  RegisterVersion bad = rounded;
  bad.version.label.clear();
  EXPECT_EQ(code_of(world.step(bad)), Code::kInvalidArgument);
  bad = rounded;
  bad.version.variants[0].image_digest = world.hasher.of("image of b");
  EXPECT_EQ(code_of(world.step(bad)), Code::kInvalidArgument);
  ASSERT_EQ(code_of(world.step(rounded)), Code::kOk);
  EXPECT_EQ(world.plane().models().at("pose").at(3).lineage.rounded_from, 2u);
  RegisterVersion first = version_of(world, 1, "x");
  first.version.model = "other";
  first.version.lineage = {1, 2, 250'000};
  EXPECT_EQ(code_of(world.step(first)), Code::kNotFound) << "a model without versions";
}

TEST(Versions, RefusalsSayWhatDisagrees) {
  World world;
  world.define_class("mcu");
  ASSERT_EQ(code_of(world.step(version_of(world, 1, "a"))), Code::kOk);

  RegisterVersion bad = version_of(world, 2, "a");
  bad.version.variants[0].image_digest = world.hasher.of("other");
  EXPECT_EQ(code_of(world.step(bad)), Code::kAlreadyExists) << "the label is taken";

  EXPECT_EQ(code_of(world.step(version_of(world, 3, "b"))), Code::kAborted) << "next is 2";

  bad = version_of(world, 2, "b");
  bad.version.variants[0].image_size = valid_class().slot_size + 1;
  const StepResult too_large = world.step(bad);
  EXPECT_EQ(code_of(too_large), Code::kOutOfRange);
  EXPECT_NE(too_large.refusal->message.find("268435457"), std::string::npos);
  EXPECT_NE(too_large.refusal->message.find("268435456"), std::string::npos);

  bad = version_of(world, 2, "b");
  bad.version.variants.push_back(bad.version.variants[0]);
  EXPECT_EQ(code_of(world.step(bad)), Code::kInvalidArgument) << "two variants of a class";

  bad = version_of(world, 2, "b");
  bad.version.variants[0].hardware_class = "unheard-of";
  EXPECT_EQ(code_of(world.step(bad)), Code::kNotFound);

  bad = version_of(world, 2, "b");
  bad.version.variants[0].release_envelope.clear();
  EXPECT_EQ(code_of(world.step(bad)), Code::kInvalidArgument);

  bad = version_of(world, 2, "b");
  bad.version.variants.clear();
  EXPECT_EQ(code_of(world.step(bad)), Code::kInvalidArgument);

  EXPECT_EQ(world.plane().models().at("pose").size(), 1u);
}

TEST(Commands, ARefusedOneWritesOnlyItsAuditEntry) {
  World world;
  const auto before = world.store.rows;
  const StepResult result = world.step(RetireDevice{"nobody"});
  EXPECT_EQ(code_of(result), Code::kNotFound);
  ASSERT_EQ(result.writes.size(), 3u) << "the entry, its mark and the counter";
  EXPECT_EQ(result.writes[0].key, keys::meta());
  EXPECT_EQ(result.writes[1].key, keys::audit(0));
  EXPECT_EQ(result.writes[2].key, keys::audit_mark("command/retire_device", 0));
  const std::vector<AuditEntry> audit = world.audit();
  EXPECT_EQ(audit.back().action, "command.refused");
  EXPECT_EQ(audit.back().object, "command/retire_device");
  EXPECT_EQ(audit.back().actor, "alice");
}

TEST(Tokens, AuthorizeByHashOnly) {
  World world;
  AddToken command;
  command.token.id = "t1";
  command.token.name = "ci";
  command.token.identity = "alice";
  command.token.grants = {{Role::kAdmin, {}}};
  command.token.secret_hash = world.hasher.of("secret");
  ASSERT_EQ(code_of(world.step(command)), Code::kOk);
  ASSERT_EQ(code_of(world.step(command)), Code::kOk) << "the same again";
  EXPECT_EQ(world.plane().authorize(world.hasher.of("secret"))->name, "alice/ci");
  EXPECT_EQ(world.plane().authorize(world.hasher.of("secret"))->identity, "alice");
  EXPECT_FALSE(world.plane().authorize(world.hasher.of("guess")));
  EXPECT_FALSE(world.plane().authorize(Digest{}));

  AddToken other = command;
  other.token.secret_hash = world.hasher.of("other");
  EXPECT_EQ(code_of(world.step(other)), Code::kAlreadyExists);
  other = command;
  other.token.id = "t2";
  EXPECT_EQ(code_of(world.step(other)), Code::kAlreadyExists) << "the same secret";
  other.token.secret_hash = Digest{};
  EXPECT_EQ(code_of(world.step(other)), Code::kInvalidArgument);
  other = command;
  other.token.id = "t3";
  other.token.secret_hash = world.hasher.of("third");
  other.token.grants = {};
  EXPECT_EQ(code_of(world.step(other)), Code::kInvalidArgument);
}

TEST(Enrolment, IsIdempotentAndKeepsTheClass) {
  World world;
  world.enrol("d1", "mcu");
  EXPECT_EQ(world.plane().classes().count("mcu"), 1u) << "made with default limits";
  const uint64_t before = world.plane().audit_size();
  world.enrol("d1", "mcu");
  EXPECT_EQ(world.plane().audit_size(), before);

  EnrolDevice other;
  other.id = "d1";
  other.hardware_class = "linux";
  other.public_key[0] = 1;
  EXPECT_EQ(code_of(world.step(other)), Code::kAlreadyExists);
  ASSERT_EQ(code_of(world.step(RetireDevice{"d1"})), Code::kOk);
  ASSERT_EQ(code_of(world.step(RetireDevice{"d1"})), Code::kOk);
  EXPECT_EQ(code_of(world.step(other)), Code::kOk);
  EXPECT_EQ(world.plane().devices().at("d1").hardware_class, "linux");

  other.id = "flotilla.director";
  EXPECT_EQ(code_of(world.step(other)), Code::kInvalidArgument) << "a service's name";
  other.id = "d2";
  other.public_key = {};
  EXPECT_EQ(code_of(world.step(other)), Code::kInvalidArgument);
}

TEST(Enrolment, AgainKeepsWhatIsNotGiven) {
  World world;
  EnrolDevice command;
  command.id = "d1";
  command.hardware_class = "mcu";
  command.site = "plant-1";
  command.labels = {{"line", "3"}};
  command.public_key[0] = 1;
  ASSERT_EQ(code_of(world.step(command)), Code::kOk);
  command.site = "";
  command.labels = {};
  command.public_key[0] = 2;
  ASSERT_EQ(code_of(world.step(command)), Code::kOk);
  const Device& device = world.plane().devices().at("d1");
  EXPECT_EQ(device.site, "plant-1");
  EXPECT_EQ(device.labels, (decltype(device.labels){{"line", "3"}}));
  EXPECT_EQ(device.public_key[0], 2);
}

TEST(Enrolment, ChangesRegenerateTheBrokersRights) {
  World world;
  EnrolDevice command;
  command.id = "d1";
  command.hardware_class = "mcu";
  command.public_key[0] = 1;
  const auto regenerates = [&](const Event& event) {
    const StepResult result = world.step(event);
    for (const Effect& effect : result.effects) {
      if (std::holds_alternative<RegenerateRights>(effect)) return true;
    }
    return false;
  };
  EXPECT_TRUE(regenerates(command));
  EXPECT_FALSE(regenerates(command));
  command.public_key[0] = 2;
  EXPECT_TRUE(regenerates(command));
  EXPECT_TRUE(regenerates(RetireDevice{"d1"}));
}

}  // namespace
}  // namespace flotilla::controller
