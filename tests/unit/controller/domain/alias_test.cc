#include <gtest/gtest.h>

#include <algorithm>

#include "controller/domain/alias_board.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using alias_board::version_on;
using testing::World;

class Aliases : public ::testing::Test {
 protected:
  Aliases() {
    world.publish("pose", 1, {"cam", "npu"});
    world.publish("pose", 2, {"cam", "npu"});
  }

  std::string move(const std::string& alias, uint32_t version, const std::string& on = "") {
    const auto refusal = world.step(MoveAlias{"pose", alias, version, on}).refusal;
    if (!refusal) return "";
    return refusal->rule.empty() ? code_name(refusal->code) : refusal->rule;
  }

  /// Version `number` with golden vectors, and the device's report that it runs it.
  void publish_golden(uint32_t number, const std::vector<std::string>& with) {
    RegisterVersion command;
    command.version = world.plane().models().at("pose").at(2);
    command.version.version = number;
    command.version.label = "v" + std::to_string(number);
    for (Variant& variant : command.version.variants) {
      const std::string& name = variant.hardware_class;
      variant.image_digest = world.image("pose", number, name);
      variant.release_digest = world.hasher.of("release " + std::to_string(number) + name);
      if (std::find(with.begin(), with.end(), name) == with.end()) continue;
      variant.golden_digest = world.hasher.of("golden " + name);
    }
    ASSERT_FALSE(world.step(command).refusal);
  }

  StateReported report(const std::string& id, const std::string& on, uint32_t number) {
    StateReported out;
    out.device = id;
    out.report.device = DeviceId(id);
    out.report.hardware_class = Name(on);
    out.report.order = {1, 1, ++sequence};
    ModelState model;
    model.model = Name("pose");
    model.slot_size = 1 << 20;
    model.active_digest = world.image("pose", number, on);
    model.state = UpdateState::kConfirmed;
    EXPECT_TRUE(out.report.models.push_back(model));
    return out;
  }

  StateReported attest(const std::string& id, const std::string& on, uint32_t number) {
    StateReported out = report(id, on, number);
    out.attestations["pose"] = "signed by " + id + std::to_string(number);
    const Variant& variant =
        *std::find_if(world.plane().models().at("pose").at(number).variants.begin(),
                      world.plane().models().at("pose").at(number).variants.end(),
                      [&](const Variant& known) { return known.hardware_class == on; });
    out.confirmed["pose"] = {variant.release_digest, variant.golden_digest, {}};
    return out;
  }

  const Alias& alias(const std::string& name) { return world.plane().aliases().at({"pose", name}); }

  World world;
  uint64_t sequence = 0;
};

TEST_F(Aliases, MoveOnEveryClassOrOnOne) {
  EXPECT_EQ(move("candidate", 1), "");
  EXPECT_EQ(move("candidate", 2, "npu"), "");
  EXPECT_EQ(version_on(alias("candidate"), "cam"), 1u);
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 2u);
  world.restart();
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 2u);
  EXPECT_EQ(move("candidate", 2), "") << "every class, also those that differed";
  EXPECT_TRUE(alias("candidate").classes.empty());
  std::vector<std::string> moves;
  for (const AuditEntry& entry : world.audit()) {
    if (entry.action == "alias.moved") moves.push_back(entry.detail);
  }
  EXPECT_EQ(moves, (std::vector<std::string>{"every class: none -> 1", "class npu: 1 -> 2",
                                             "every class: 1 -> 2"}));
}

TEST_F(Aliases, NameWhatIsThere) {
  EXPECT_EQ(move("candidate", 9), "not_found");
  EXPECT_EQ(move("candidate", 1, "mcu"), "not_found");
  EXPECT_EQ(move("Big", 1), "invalid_argument");
  EXPECT_EQ(move("candidate", 0), "not_found") << "there is nothing to remove";
}

TEST_F(Aliases, AreRemoved) {
  ASSERT_EQ(move("candidate", 1), "");
  ASSERT_EQ(move("candidate", 2, "npu"), "");
  EXPECT_EQ(move("candidate", 0, "cam"), "not_found") << "it has none of its own there";
  EXPECT_EQ(move("candidate", 0, "npu"), "");
  EXPECT_EQ(version_on(alias("candidate"), "npu"), 1u);
  EXPECT_EQ(move("candidate", 0), "");
  world.restart();
  EXPECT_TRUE(world.plane().aliases().empty());
}

TEST_F(Aliases, AChampionHasGoldenVectorsOnEveryClassAndIsReleased) {
  EXPECT_EQ(move("champion", 1), "golden_missing");
  publish_golden(3, {"cam"});
  world.enrol("d1", "cam");
  world.step(attest("d1", "cam", 3));
  EXPECT_EQ(move("champion", 3), "golden_missing") << "npu has none";
  EXPECT_EQ(move("champion", 3, "cam"), "");
  ChangeRelease deprecate{"pose", 3, {"cam"}, ReleaseState::kDeprecated, "", {}};
  ASSERT_FALSE(world.step(deprecate).refusal);
  EXPECT_EQ(move("champion", 3, "cam"), "not_released");
  EXPECT_EQ(move("candidate", 3), "");
  deprecate.to = ReleaseState::kRevoked;
  ASSERT_FALSE(world.step(deprecate).refusal);
  EXPECT_EQ(move("candidate", 3), "not_released");
}

TEST_F(Aliases, AChampionRunsOnADeviceThatAttestedItsGoldenVectors) {
  publish_golden(3, {"cam", "npu"});
  world.enrol("d1", "cam");
  world.enrol("d2", "npu");
  const auto refusal = world.step(MoveAlias{"pose", "champion", 3, "cam"}).refusal;
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, "golden_unproven");
  EXPECT_EQ(refusal->message,
            "no device of class cam has attested golden vectors of pose 3, which champion needs");
  EXPECT_NE(refusal->remedy.find("roll it out to a canary first"), std::string::npos);

  world.step(report("d1", "cam", 3));
  EXPECT_EQ(move("champion", 3, "cam"), "golden_unproven") << "a word without a signature";
  world.step(attest("d1", "cam", 2));
  EXPECT_EQ(move("champion", 3, "cam"), "golden_unproven") << "of another release";
  StateReported without = attest("d1", "cam", 3);
  without.confirmed["pose"].golden = {};
  world.step(without);
  EXPECT_EQ(move("champion", 3, "cam"), "golden_unproven") << "it computed none";
  world.step(attest("d1", "cam", 3));
  world.restart();
  EXPECT_EQ(move("champion", 3), "golden_unproven") << "npu has no such device yet";
  EXPECT_EQ(move("champion", 3, "cam"), "");
  world.step(attest("d2", "npu", 3));
  EXPECT_EQ(move("champion", 3), "");
}

TEST_F(Aliases, TheProofOfADeviceEndsWithWhatItRuns) {
  publish_golden(3, {"cam"});
  world.enrol("d1", "cam");
  world.step(attest("d1", "cam", 3));
  world.step(report("d1", "cam", 3));
  EXPECT_EQ(move("champion", 3, "cam"), "") << "it still runs it";
  world.step(report("d1", "cam", 1));
  EXPECT_EQ(move("champion", 3, "cam"), "golden_unproven") << "it runs something else";
  world.step(attest("d1", "cam", 3));
  EXPECT_EQ(move("champion", 3, "cam"), "");
  ASSERT_FALSE(world.step(RetireDevice{"d1"}).refusal);
  EXPECT_EQ(move("champion", 3, "cam"), "golden_unproven");
}

TEST_F(Aliases, APolicyAsksForGoldenVectorsElsewhere) {
  Policy policy;
  policy.golden_aliases = {"stable*"};
  ASSERT_FALSE(world.step(SetPolicy{policy}).refusal);
  EXPECT_EQ(move("stable-eu", 1), "golden_missing");
  EXPECT_EQ(move("other", 1), "");
  publish_golden(3, {"cam", "npu"});
  EXPECT_EQ(move("stable-eu", 3), "golden_unproven");
  EXPECT_EQ(move("other", 3), "");
}

}  // namespace
}  // namespace flotilla::controller
