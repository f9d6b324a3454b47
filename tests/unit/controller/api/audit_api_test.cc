#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"
#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/app/attested_report.h"

namespace flotilla::controller::api {
namespace {

using testing::ApiWorld;

void give_director(ApiWorld& world) {
  world.around.director = &world.signer;
  world.api = std::make_unique<Api>(world.around);
}

Digest digest_at(const nlohmann::json& body, const char* name) {
  Digest out;
  EXPECT_TRUE(parse_hex(body.value(name, ""), out));
  return out;
}

std::string path_at(const nlohmann::json& body) {
  std::string out;
  for (const auto& row : body["path"]) {
    const auto node = parse_hex_text(row.get<std::string>());
    EXPECT_TRUE(node) << row;
    out += node.value_or("");
  }
  return out;
}

std::string audit_query(const std::string& rest) {
  return "/api/v1/audit/" + rest;
}

TEST(AuditApi, SignsTheHeadAndProvesEntriesAndGrowth) {
  ApiWorld world;
  give_director(world);
  world.define_class("mcu");
  const auto first = world.expect(200, world.send("GET", audit_query("checkpoint")));
  EXPECT_EQ(first["size"], world.plane.audit_size());
  EXPECT_EQ(first["keyset"], "") << "nobody keeps one here";
  EXPECT_TRUE(first["earlier_keysets"].empty());
  EXPECT_EQ(world.expect(200, world.send("GET", audit_query("checkpoint")))["envelope"],
            first["envelope"])
      << "nothing new: the same one";
  EXPECT_NE(world.plane.checkpoint_root(first["size"]), nullptr) << "and it is kept";

  world.enrol("d1", "mcu");
  world.enrol("d2", "mcu");
  const auto second = world.expect(200, world.send("GET", audit_query("checkpoint")));
  const std::string from = std::to_string(first["size"].get<uint64_t>());
  const auto grown = world.expect(200, world.send("GET", audit_query("consistency?from=" + from)));
  EXPECT_TRUE(hash_tree::verify_growth(world.hasher, first["size"], digest_at(first, "root"),
                                       second["size"], digest_at(second, "root"),
                                       as_bytes(path_at(grown))));
  const auto proof = world.expect(200, world.send("GET", audit_query("proof?entry=1")));
  const auto bytes = parse_hex_text(proof["bytes"].get<std::string>());
  ASSERT_TRUE(bytes);
  EXPECT_TRUE(hash_tree::verify_inclusion(
      world.hasher, hash_tree::leaf_hash(world.hasher, as_bytes(*bytes)), 1, second["size"],
      as_bytes(path_at(proof)), digest_at(second, "root")));
  const auto all = world.expect(200, world.send("GET", audit_query("entries?from=1")));
  EXPECT_EQ(all["entries"][0], proof["bytes"]);
  EXPECT_EQ(all["entries"].size(), world.plane.audit_size() - 1);
}

TEST(AuditApi, RefusesWhatLiesBeyondTheLog) {
  ApiWorld world;
  world.define_class("mcu");
  world.expect_problem(400, world.send("GET", audit_query("proof")));
  world.expect_problem(400, world.send("GET", audit_query("proof?entry=1000")));
  world.expect_problem(400, world.send("GET", audit_query("proof?entry=0&size=1000")));
  world.expect_problem(400, world.send("GET", audit_query("consistency")));
  world.expect_problem(400, world.send("GET", audit_query("consistency?from=1000")));
  world.expect_problem(409, world.send("GET", audit_query("checkpoint")));
}

TEST(AuditApi, AReleaseCarriesTheCheckpointOfTheLogBeforeIt) {
  ApiWorld world;
  give_director(world);
  world.define_class("mcu");
  const uint64_t before = world.plane.audit_size();
  world.push("pose", "mcu", "a");
  const Variant& variant = world.plane.models().at("pose").at(1).variants.at(0);
  EXPECT_EQ(variant.checkpoint.size, before);
  std::vector<uint64_t> words(variant.release_envelope.size() / 8 + 1);
  const MutableBytes aligned{reinterpret_cast<uint8_t*>(words.data()),
                             variant.release_envelope.size()};
  copy(as_bytes(variant.release_envelope), aligned);
  const auto release = wire::decode_release(aligned);
  ASSERT_TRUE(release.ok());
  EXPECT_EQ(release.value().value.checkpoint_size, before);
  EXPECT_EQ(release.value().value.checkpoint_root, *world.plane.checkpoint_root(before));
}

TEST(HistoryApi, TellsWhatHappenedAndWhatCannotBeProven) {
  ApiWorld world;
  give_director(world);
  world.define_class("mcu");
  world.enrol("d1", "mcu");
  const auto history = world.expect(200, world.send("GET", "/api/v1/devices/d1/history"));
  ASSERT_EQ(history["events"].size(), 1u);
  EXPECT_EQ(history["events"][0]["action"], "device.enrolled");
  EXPECT_TRUE(history["states"].empty());
  EXPECT_TRUE(
      world.expect(200, world.send("GET", "/api/v1/devices/d1/history?at_ms=1"))["events"].empty());
  world.expect_problem(404, world.send("GET", "/api/v1/devices/d2/history"));
  world.expect_problem(400, world.send("GET", "/api/v1/devices/d1/proof"));
  const std::string why =
      world.expect_problem(409, world.send("GET", "/api/v1/devices/d1/proof?model=pose"));
  EXPECT_NE(why.find("attested nothing"), std::string::npos) << why;
}

/// A device that confirmed a release, so that everything a bundle needs is on record.
class ProofApi : public ::testing::Test {
 protected:
  ProofApi() {
    give_director(world_);
    world_.define_class("mcu");
    world_.enrol("d1", "mcu");
    world_.push("pose", "mcu", "a");
    world_.expect(201,
                  world_.send("POST", "/api/v1/rollouts", {{"model", "pose"}, {"version", "a"}}));
    attest(1);
  }

  /// The device's word on the version, said in its report after number `seq`.
  void attest(uint64_t seq) {
    const Variant& variant = world_.plane.models().at("pose").at(1).variants.at(0);
    Attestation attested;
    attested.device = DeviceId("d1");
    attested.model = Name("pose");
    attested.rollout = 1;
    attested.release_digest = variant.release_digest;
    attested.measured_digest = variant.image_digest;
    attested.order = {9, 1, seq};
    StateReported event;
    event.device = "d1";
    event.report.device = DeviceId("d1");
    event.report.hardware_class = Name("mcu");
    event.report.order = {9, 1, seq + 1};
    ModelState state;
    state.model = Name("pose");
    state.state = UpdateState::kConfirmed;
    state.active_digest = variant.image_digest;
    EXPECT_TRUE(event.report.models.push_back(state));
    event.attestations["pose"] = testing::signed_attestation(attested, testing::fake_key(5));
    step(event, true);
  }

  void step(const Event& event, bool is_stored) {
    const StepResult result = world_.plane.step(event, {"test", "test"}, world_.now);
    EXPECT_FALSE(result.refusal);
    EXPECT_TRUE(!is_stored || world_.store.commit(result.writes).ok());
  }

  static constexpr const char* kProof = "/api/v1/devices/d1/proof";
  ApiWorld world_;
};

TEST_F(ProofApi, WaitsForWhatTheSameTurnAppends) {
  EnrolDevice other;
  other.id = "d2";
  other.hardware_class = "mcu";
  other.public_key = testing::fake_key(6);
  step(other, false);
  const Response early = world_.send("GET", kProof);
  EXPECT_EQ(early.status, 503) << early.body;
  EXPECT_TRUE(early.is_soon_done);
  EXPECT_NE(early.body.find("in a moment"), std::string::npos) << early.body;
}

TEST_F(ProofApi, FindsTheEnrolmentBehindAThousandEntries) {
  for (int i = 0; i < 1100; ++i) {
    EnrolDevice again;
    again.id = "d1";
    again.hardware_class = "mcu";
    again.site = i % 2 == 0 ? "turkey" : "hall";
    again.public_key = world_.plane.devices().at("d1").public_key;
    step(again, true);
  }
  attest(5);
  world_.expect(200, world_.send("GET", kProof));
  const auto history = world_.expect(200, world_.send("GET", "/api/v1/devices/d1/history"));
  EXPECT_EQ(history["events"].size(), 1000u);
}

TEST(RetentionApi, PlansPinsAndDeletes) {
  ApiWorld world;
  world.define_class("mcu");
  world.push("pose", "mcu", "a");
  world.push("pose", "mcu", "b");
  const std::string path = "/api/v1/retention";
  EXPECT_TRUE(world.expect(200, world.send("GET", path))["goes"].empty()) << "too young";
  const std::string pin = "/api/v1/models/pose/versions/a/pin";
  EXPECT_EQ(world.expect(200, world.send("PUT", pin))["pinned"], true);
  EXPECT_TRUE(world.expect(200, world.send("GET", path + "?older_than_s=0"))["goes"].empty());
  EXPECT_EQ(world.expect(200, world.send("DELETE", pin))["pinned"], false);
  world.expect_problem(404, world.send("PUT", "/api/v1/models/pose/versions/x/pin"));
  world.expect_problem(403, world.send("POST", path, {{"older_than_s", 0}}, "operator"));
  const auto done = world.expect(200, world.send("POST", path, {{"older_than_s", 0}}));
  ASSERT_EQ(done["goes"].size(), 1u);
  EXPECT_EQ(done["goes"][0]["label"], "a");
  EXPECT_EQ(done["deleted"], true);
  EXPECT_TRUE(is_deleted(world.plane.models().at("pose").at(1)));
  EXPECT_TRUE(std::holds_alternative<RemoveArtifacts>(world.effects.back()));
  world.expect_problem(409, world.send("PUT", pin));
}

TEST(WitnessApi, CountsWhatDevicesHold) {
  ApiWorld world;
  world.define_class("mcu");
  world.enrol("d1", "mcu");
  const auto body = world.expect(200, world.send("GET", audit_query("witnesses")));
  EXPECT_EQ(body["devices"]["none"], 1);
  EXPECT_TRUE(body["witnesses"].empty());
}

}  // namespace
}  // namespace flotilla::controller::api
