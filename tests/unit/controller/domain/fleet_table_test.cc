#include <gtest/gtest.h>

#include "controller/domain/bounds.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::World;

StateReported report(const std::string& device, const ReportOrder& order,
                     const Digest& active = {}) {
  StateReported out;
  out.device = device;
  out.report.device = DeviceId(device);
  out.report.hardware_class = Name("mcu");
  out.report.order = order;
  ModelState model;
  model.model = Name("pose");
  model.active_digest = active;
  EXPECT_TRUE(out.report.models.push_back(model));
  return out;
}

const SendAcknowledgement* acknowledgement(const StepResult& result) {
  for (const Effect& effect : result.effects) {
    if (const auto* found = std::get_if<SendAcknowledgement>(&effect)) return found;
  }
  return nullptr;
}

size_t audited(World& world, const std::string& action) {
  size_t out = 0;
  for (const AuditEntry& entry : world.audit()) out += entry.action == action;
  return out;
}

TEST(Reports, NewerOnesCountAndOlderOnesAreAcknowledgedOnly) {
  World world;
  world.enrol("d1", "mcu");
  const Digest first = world.hasher.of("1");
  const Digest second = world.hasher.of("2");
  world.step(report("d1", {9, 1, 5}, first));
  world.step(report("d1", {9, 2, 1}, second));
  for (const ReportOrder& old : {ReportOrder{9, 2, 1}, {9, 1, 6}, {9, 2, 0}}) {
    const auto rows = world.store.rows;
    const StepResult result = world.step(report("d1", old, first));
    EXPECT_EQ(world.store.rows, rows) << "nothing is written";
    ASSERT_NE(acknowledgement(result), nullptr);
    EXPECT_EQ(acknowledgement(result)->acknowledgement.order, (ReportOrder{9, 2, 1}));
  }
  EXPECT_EQ(world.plane().devices().at("d1").models.at("pose").reported.active_digest, second);
  EXPECT_EQ(world.plane().counters().reports_duplicate, 3u);
}

TEST(Reports, AcknowledgementsCarryTheNewestDirectives) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.enrol("d1", "mcu");
  world.step(report("d1", {9, 1, 1}));
  world.start("pose", 1);
  const StepResult result = world.step(report("d1", {9, 1, 2}));
  const Acknowledgement& ack = acknowledgement(result)->acknowledgement;
  ASSERT_EQ(ack.directives.size(), 1u);
  EXPECT_EQ(ack.directives[0].newest.seq, world.plane().standing("pose", "mcu")->directive.seq);
  EXPECT_EQ(ack.directives[0].newest.epoch, 1u);
  EXPECT_EQ(ack.reconnect_window_s, world.config.reconnect_window_s);
}

TEST(Reports, AcknowledgementsOfManyModelsPreferTheDevicesOwn) {
  World world;
  world.enrol("d1", "mcu");
  for (int i = 0; i < 9; ++i) {
    const std::string model = "a" + std::to_string(i);
    world.publish(model, 1, {"mcu"});
    world.start(model, 1);
  }
  world.publish("pose", 1, {"mcu"});
  world.start("pose", 1);
  const StepResult result = world.step(report("d1", {9, 1, 1}));
  const Acknowledgement& ack = acknowledgement(result)->acknowledgement;
  ASSERT_EQ(ack.directives.size(), kMaxReportedModels);
  EXPECT_EQ(ack.directives[0].model, "pose");
}

TEST(Reports, ANewIncarnationIsAcceptedAndAudited) {
  World world;
  world.enrol("d1", "mcu");
  world.step(report("d1", {9, 7, 100}));
  world.step(report("d1", {4, 1, 1}, world.hasher.of("x")));
  const Device& device = world.plane().devices().at("d1");
  EXPECT_EQ(device.order, (ReportOrder{4, 1, 1}));
  EXPECT_EQ(device.previous_incarnation, 9u);
  EXPECT_FALSE(device.duplicate_suspected);
  EXPECT_EQ(audited(world, "device.incarnation"), 1u);
}

TEST(Reports, AReplayOfTheFormerIncarnationIsNoTwin) {
  World world;
  world.enrol("d1", "mcu");
  world.step(report("d1", {9, 7, 100}));
  world.step(report("d1", {4, 1, 1}));
  world.step(report("d1", {9, 7, 100}));
  const Device& device = world.plane().devices().at("d1");
  EXPECT_EQ(device.order.incarnation, 4u);
  EXPECT_FALSE(device.duplicate_suspected);
}

TEST(Reports, TwoAlternatingIncarnationsAreADuplicateId) {
  World world;
  world.enrol("d1", "mcu");
  for (uint64_t i = 1; i < 10; ++i) {
    world.step(report("d1", {9, 1, i}));
    world.step(report("d1", {4, 1, i}));
  }
  const Device& device = world.plane().devices().at("d1");
  EXPECT_TRUE(device.duplicate_suspected);
  EXPECT_EQ(device.incarnation_changes, 17u);
  EXPECT_EQ(audited(world, "device.duplicate_suspected"), 1u);
  EXPECT_EQ(audited(world, "device.incarnation"), 1u) << "bounded";
  world.publish("pose", 1, {"mcu"});
  world.enrol("d2", "mcu");
  const uint32_t rollout = world.start("pose", 1);
  EXPECT_EQ(world.plane().assignments(rollout).count("d1"), 0u)
      << "nothing it says can be attributed";
  world.enrol("d1", "mcu");
  EXPECT_FALSE(world.plane().devices().at("d1").duplicate_suspected) << "the operator has looked";
}

TEST(Reports, UnknownDevicesAreRefusedAndAuditedWithinBounds) {
  World world;
  for (int i = 0; i < 100; ++i) {
    const StepResult result = world.step(report("x" + std::to_string(i % 40), {1, 1, 1}));
    EXPECT_EQ(acknowledgement(result), nullptr);
  }
  EXPECT_EQ(audited(world, "report.refused"), 16u);
  EXPECT_EQ(world.plane().counters().reports_refused, 100u);
  EXPECT_EQ(world.plane().counters().audits_suppressed, 84u);
  world.restart();
  world.step(report("x0", {1, 1, 1}));
  EXPECT_EQ(audited(world, "report.refused"), 16u) << "also after a restart";
  world.now = world.now + seconds(601);
  world.step(report("x0", {1, 1, 1}));
  EXPECT_EQ(audited(world, "report.refused"), 17u);
}

TEST(Reports, RetiredDevicesAndForeignTopicsAreRefused) {
  World world;
  world.enrol("d1", "mcu");
  world.enrol("d2", "mcu");
  StateReported foreign = report("d1", {1, 1, 1});
  foreign.report.device = DeviceId("d2");
  EXPECT_EQ(acknowledgement(world.step(foreign)), nullptr);
  world.step(RetireDevice{"d1"});
  EXPECT_EQ(acknowledgement(world.step(report("d1", {1, 1, 1}))), nullptr);
  EXPECT_TRUE(world.plane().devices().at("d2").models.empty());
}

TEST(Reports, AnotherClassIsAClaimOnly) {
  World world;
  world.publish("pose", 1, {"mcu", "linux"});
  world.enrol("d1", "linux");
  world.step(report("d1", {1, 1, 1}));
  EXPECT_EQ(world.plane().devices().at("d1").claimed_class, "mcu");
  EXPECT_EQ(world.plane().devices().at("d1").hardware_class, "linux");
  EXPECT_EQ(audited(world, "device.claims_class"), 1u);
  world.enrol("d2", "mcu");
  const uint32_t rollout = world.start("pose", 1);
  world.step(report("d1", {1, 1, 2}));
  EXPECT_EQ(world.plane().assignments(rollout).count("d1"), 0u);
  StateReported agrees = report("d1", {1, 1, 3});
  agrees.report.hardware_class = Name("linux");
  world.step(agrees);
  world.run(1);
  EXPECT_EQ(world.plane().assignments(rollout).count("d1"), 1u) << "the first of linux to be there";
  EXPECT_EQ(audited(world, "device.class_agrees"), 1u);
}

StateReported attested(World& world, uint64_t seq) {
  StateReported out = report("d1", {9, 1, seq}, world.hasher.of("1"));
  out.attestations["pose"] = "word " + std::to_string(seq);
  return out;
}

TEST(Reports, ADeviceThatSaysTooMuchIsToSayItAgainLater) {
  World world;
  world.enrol("d1", "mcu");
  const size_t before = world.audit().size();
  for (uint64_t i = 1; i <= 400; ++i) {
    StateReported event = attested(world, i);
    if (i % 3 == 0) event.report.hardware_class = Name(i % 2 == 0 ? "mcu" : "linux");
    const StepResult result = world.step(event);
    const bool answered = acknowledgement(result) != nullptr;
    EXPECT_EQ(answered, result.writes.size() > 0) << "only what is on record is acknowledged";
  }
  EXPECT_GE(world.audit().size(), before + kMaxSpeech);
  EXPECT_LT(world.audit().size(), before + kMaxSpeech + 4);
  EXPECT_GT(world.plane().counters().reports_deferred, 200u);
  world.enrol("d2", "mcu");
  EXPECT_NE(acknowledgement(world.step(report("d2", {9, 1, 1}))), nullptr) << "others may speak";
  world.now = world.now + kSpeechInterval;
  EXPECT_NE(acknowledgement(world.step(attested(world, 400))), nullptr);
  EXPECT_EQ(world.audit().back().evidence, "word 400") << "late, not never";
}

TEST(Reports, ADuplicateIsAcknowledgedAlsoWhenTheDeviceHasSaidTooMuch) {
  World world;
  world.enrol("d1", "mcu");
  uint64_t last = 0;
  for (uint64_t i = 1; world.plane().counters().reports_deferred == 0; ++i) {
    if (acknowledgement(world.step(attested(world, i))) != nullptr) last = i;
  }
  EXPECT_NE(acknowledgement(world.step(attested(world, last))), nullptr);
}

TEST(Health, IsKeptAndWrittenNowAndThen) {
  World world;
  world.enrol("d1", "mcu");
  world.step(report("d1", {9, 1, 1}));
  HealthReported health;
  health.device = "d1";
  health.report.order = {9, 1, 1};
  ModelHealth model;
  model.model = Name("pose");
  model.inferences = 5;
  ASSERT_TRUE(health.report.models.push_back(model));
  size_t writes = 0;
  for (int i = 0; i < 60; ++i) {
    world.now = world.now + seconds(10);
    writes += world.step(health).writes.size();
  }
  EXPECT_EQ(writes, 3u);
  EXPECT_EQ(world.plane().devices().at("d1").last_health, world.now);
  EXPECT_EQ(world.plane().devices().at("d1").health.at("pose").inferences, 5u);
  health.report.order.incarnation = 8;
  world.step(health);
  EXPECT_EQ(world.plane().counters().health_refused, 1u);
}

/// A broker may drop a directive that it acknowledged while the device stays connected, at rest and
/// with nothing to report (flotilla-sim run lossy-broker --seed 1).
TEST(Health, OfADeviceThatMissedADirectiveIsAnsweredWithItsNumber) {
  World world;
  world.publish("pose", 1, {"mcu"});
  world.enrol("d1", "mcu");
  world.step(report("d1", {9, 1, 1}));
  world.start("pose", 1);
  const DirectivePosition newest{1, world.plane().standing("pose", "mcu")->directive.seq};
  HealthReported health;
  health.device = "d1";
  health.report.order = {9, 1, 1};

  EXPECT_EQ(acknowledgement(world.step(health)), nullptr) << "it has time to arrive";
  world.now = world.now + kAnswerGrace;
  const StepResult late = world.step(health);
  ASSERT_NE(acknowledgement(late), nullptr);
  const Acknowledgement& ack = acknowledgement(late)->acknowledgement;
  EXPECT_EQ(ack.order, (ReportOrder{9, 1, 1}));
  ASSERT_EQ(ack.directives.size(), 1u);
  EXPECT_EQ(ack.directives[0].newest, newest);

  StateReported caught_up = report("d1", {9, 1, 2});
  caught_up.report.models[0].directive = newest;
  world.step(caught_up);
  EXPECT_EQ(acknowledgement(world.step(health)), nullptr);
}

}  // namespace
}  // namespace flotilla::controller
