#include "controller/app/intake.h"

#include <gtest/gtest.h>

#include "tests/support/controller_memory_store.h"
#include "tests/unit/controller/app/attested_report.h"

namespace flotilla::controller::app {
namespace {

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() {
    EnrolDevice enrol;
    enrol.id = "d1";
    enrol.hardware_class = "cam";
    enrol.public_key = testing::fake_key(5);
    step(enrol);
    report.device = DeviceId("d1");
    report.hardware_class = Name("cam");
    report.order = {11, 1, 5};
  }

  void step(const Event& event) {
    const StepResult result = plane.step(event, {"test", "admin"}, WallTime{1});
    ASSERT_FALSE(result.refusal) << result.refusal->message;
    ASSERT_TRUE(store.commit(result.writes).ok());
  }

  std::string encoded() {
    alignas(8) std::array<uint8_t, 16384> arena;
    std::array<uint8_t, kMaxStateReport> out;
    const auto size = wire::Encoder(arena).state_report(report, out);
    EXPECT_TRUE(size.ok()) << size.status().reason();
    return size.ok() ? std::string(as_text(Bytes(out).first(size.value()))) : "";
  }

  std::string topic(const std::string& device = "d1") {
    return std::string(topics.state(device_shard(hasher, device), device).view());
  }

  std::optional<Event> read(const std::string& where, const std::string& payload,
                            int64_t at_ms = 0) {
    return intake.read({where, payload}, plane, WallTime{at_ms});
  }

  void add_attested_model() {
    Attestation attested;
    attested.device = DeviceId("d1");
    attested.model = Name("pose");
    attested.release_digest = hasher.of("release");
    attested.measured_digest = hasher.of("image");
    attested.order = {11, 1, 4};
    attestation = testing::signed_attestation(attested, testing::fake_key(5));
    ModelState model;
    model.model = Name("pose");
    model.state = UpdateState::kConfirmed;
    model.active_digest = hasher.of("image");
    model.attestation = as_bytes(attestation);
    ASSERT_TRUE(report.models.push_back(model));
  }

  Topics topics{"p"};
  testing::TestHasher hasher;
  testing::FakeVerifier verifier;
  testing::MemoryStore store;
  ControlPlane plane{ControlPlaneConfig{}, hasher};
  std::vector<std::function<void()>> jobs;
  size_t job_limit = 10;
  std::vector<Mail> pushed;
  std::vector<std::string> complaints;
  Intake intake{Intake::Parts{
      topics, hasher, verifier,
      [this](std::function<void()> job) {
        if (jobs.size() >= job_limit) return false;
        jobs.push_back(std::move(job));
        return true;
      },
      [this](Mail mail) {
        pushed.push_back(std::move(mail));
        return true;
      },
      [this](const std::string&, const char* reason) { complaints.push_back(reason); }}};
  StateReport report;
  std::string attestation;
};

TEST_F(IntakeTest, AReportBecomesAnEvent) {
  const auto event = read(topic(), encoded());
  ASSERT_TRUE(event);
  const auto& state = std::get<StateReported>(*event);
  EXPECT_EQ(state.device, "d1");
  EXPECT_EQ(state.report.order.seq, 5u);
  EXPECT_TRUE(complaints.empty());
}

TEST_F(IntakeTest, WhatIsNotADevicesMessageIsDroppedAndCounted) {
  const std::string good = encoded();
  const std::string other_shard(
      topics.state(static_cast<uint16_t>(device_shard(hasher, "d1") ^ 1), "d1").view());
  EXPECT_FALSE(read("p/v1/c/cam/keys", good));
  EXPECT_FALSE(read("nonsense", good));
  EXPECT_FALSE(read(other_shard, good));
  EXPECT_EQ(intake.counters().bad_topic, 3u);
  EXPECT_FALSE(read(topic(), ""));
  EXPECT_FALSE(read(topic(), good.substr(0, good.size() / 2)));
  EXPECT_FALSE(read(topic(), std::string(kMaxStateReport + 1, 'x')));
  EXPECT_FALSE(read(topic("d2"), good)) << "the report names another device";
  EXPECT_EQ(intake.counters().bad_message, 4u);
}

TEST_F(IntakeTest, ComplainsOncePerInterval) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(read("nonsense", "", i));
  EXPECT_EQ(complaints.size(), 1u);
  EXPECT_FALSE(read("nonsense", "", 60'000));
  EXPECT_EQ(complaints.size(), 2u);
  EXPECT_EQ(intake.counters().bad_topic, 101u);
}

TEST_F(IntakeTest, EveryFlippedByteIsHarmless) {
  add_attested_model();
  const std::string good = encoded();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x41);
    jobs.clear();
    const auto event = read(topic(), bad);
    if (event) {
      EXPECT_EQ(std::get<StateReported>(*event).device, "d1");
    }
    for (const auto& job : jobs) job();
  }
}

TEST_F(IntakeTest, AnAttestationIsCheckedByAWorker) {
  add_attested_model();
  EXPECT_FALSE(read(topic(), encoded())) << "the event comes later";
  ASSERT_EQ(jobs.size(), 1u);
  jobs[0]();
  ASSERT_EQ(pushed.size(), 1u);
  const Fact& fact = std::get<Fact>(pushed[0]);
  const auto& state = std::get<StateReported>(fact.event);
  EXPECT_TRUE(state.report.models[0].attestation.empty()) << "borrowed bytes must not travel";
  // No rollout ordered the release: the report counts, its attestation does not.
  EXPECT_TRUE(state.attestations.empty());
  EXPECT_EQ(fact.refused_attestations, 1u);
}

TEST_F(IntakeTest, AWayBackThatNobodyOrderedIsToAReleaseOfTheClass) {
  RegisterVersion command;
  command.version.model = "pose";
  command.version.version = 1;
  command.version.label = "1.0";
  Variant variant;
  variant.hardware_class = "cam";
  variant.image_digest = hasher.of("image");
  variant.image_size = 10;
  variant.release_digest = hasher.of("release");
  variant.release_envelope = "signed";
  command.version.variants = {variant};
  step(command);
  add_attested_model();  // of rollout 0
  EXPECT_FALSE(read(topic(), encoded()));
  ASSERT_EQ(jobs.size(), 1u);
  jobs[0]();
  const Fact& fact = std::get<Fact>(pushed.at(0));
  EXPECT_EQ(fact.refused_attestations, 0u);
  EXPECT_EQ(std::get<StateReported>(fact.event).attestations.at("pose"), attestation);
}

TEST_F(IntakeTest, BusyWorkersDropTheReportWhichTheDeviceRepeats) {
  add_attested_model();
  job_limit = 0;
  EXPECT_FALSE(read(topic(), encoded()));
  EXPECT_EQ(intake.counters().workers_busy, 1u);
}

TEST_F(IntakeTest, HealthBecomesAnEvent) {
  HealthReport health;
  health.device = DeviceId("d1");
  health.order = {11, 1, 6};
  alignas(8) std::array<uint8_t, 16384> arena;
  std::array<uint8_t, kMaxHealthReport> out;
  const auto size = wire::Encoder(arena).health_report(health, out);
  ASSERT_TRUE(size.ok());
  const std::string payload(as_text(Bytes(out).first(size.value())));
  const std::string where(topics.health(device_shard(hasher, "d1"), "d1").view());
  const auto event = read(where, payload);
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<HealthReported>(*event).device, "d1");
  EXPECT_FALSE(read(where, "short"));
  EXPECT_FALSE(read(where, std::string(kMaxHealthReport + 1, 'x')));
}

}  // namespace
}  // namespace flotilla::controller::app
