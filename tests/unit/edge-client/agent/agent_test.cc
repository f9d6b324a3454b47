#include <gtest/gtest.h>

#include "tests/unit/edge-client/agent/agent_world.h"

namespace flotilla::edge::test {
namespace {

using testing::Test;

constexpr size_t kImageSize = 2200;
constexpr uint32_t kTwoGroups = 100;  // bytes a chunk: 22 chunks
constexpr uint32_t kOneGroup = 200;   // 11 chunks

std::vector<uint8_t> image(uint8_t salt) {
  std::vector<uint8_t> out(kImageSize);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<uint8_t>(i * 7 + salt);
  return out;
}

class AgentTest : public Test {
 protected:
  void TearDown() override { EXPECT_EQ(world.breaches, Breaches{}); }

  /// Publishes an image and the directive that installs it everywhere.
  WirePublisher::Transfer roll_out(uint32_t version, uint32_t range = kTwoGroups) {
    const std::vector<uint8_t> bytes = image(static_cast<uint8_t>(version));
    const WirePublisher::Transfer transfer = world.publisher.publish(bytes, version, range);
    world.put(transfer);
    const Directive directive =
        world.publisher.values.directive_value(transfer.publication, version, version);
    world.retain(kDirective, world.publisher.directive(directive));
    return transfer;
  }
  std::string group(const WirePublisher::Transfer& transfer, uint32_t number) const {
    return std::string(topics.group("cam", transfer.publication.id, number).view());
  }
  std::string chunk(const WirePublisher::Transfer& transfer, uint32_t number) const {
    return std::string(topics.chunk("cam", transfer.publication.id, number).view());
  }
  /// Connects and waits until the first group of a transfer is asked for, but not answered.
  WirePublisher::Transfer wait_in_first_group(uint32_t range = kTwoGroups) {
    const WirePublisher::Transfer transfer = roll_out(1, range);
    for (uint32_t i = 0; i < transfer.chunks.size(); ++i) world.retained.erase(chunk(transfer, i));
    world.connect();
    EXPECT_TRUE(world.run_until([&] { return world.subscriptions.contains(group(transfer, 0)); }));
    return transfer;
  }

  static constexpr const char* kDirective = "flotilla/v1/c/cam/detector/dir";
  AgentWorld world;
  Topics topics{"flotilla"};
};

TEST_F(AgentTest, SubscribesBeforeItReports) {
  world.connect();
  const Lines said = world.said();
  ASSERT_EQ(said.size(), 6u);
  EXPECT_TRUE(said[0].starts_with("CONNECT id=cam-07 keep_alive=60 clean")) << said[0];
  EXPECT_NE(said[0].find("receive_max=16"), std::string::npos) << said[0];
  EXPECT_NE(said[1].find("filter=flotilla/v1/d/cam-07/ack qos=1"), std::string::npos);
  EXPECT_NE(said[2].find("filter=flotilla/v1/d/cam-07/cmd qos=1"), std::string::npos);
  EXPECT_NE(said[3].find("filter=flotilla/v1/c/cam/keys qos=1"), std::string::npos);
  EXPECT_NE(said[4].find("filter=flotilla/v1/c/cam/detector/dir qos=1"), std::string::npos);
  EXPECT_NE(said[5].find("PUBLISH qos=1"), std::string::npos);
  const std::string shard(to_hex(uint64_t{device_shard(world.crypto, "cam-07")}).view().substr(13));
  EXPECT_EQ(world.published[0].first, "flotilla/v1/u/" + shard + "/cam-07/st");
  const auto report = wire::decode_state_report(Aligned(world.published[0].second).bytes());
  ASSERT_TRUE(report.ok()) << report.status().reason();
  EXPECT_EQ(report.value().device, "cam-07");
}

TEST_F(AgentTest, BringsAnImageFromTheBrokerToConfirmed) {
  const WirePublisher::Transfer transfer = roll_out(1);
  world.connect();
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
  EXPECT_EQ(world.runtime.app(0).image, world.crypto.digest_of(image(1)));
  EXPECT_FALSE(world.subscriptions.contains(group(transfer, 0))) << "a group is left behind";
  EXPECT_FALSE(world.subscriptions.contains(group(transfer, 1))) << "a group is left behind";
  EXPECT_EQ(world.agent->counters().malformed, 0u);
}

TEST_F(AgentTest, AttestsTheOutcomeWithTheDevicesKey) {
  roll_out(1);
  world.connect();
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
  const Aligned bytes(world.published.back().second);
  const auto report = wire::decode_state_report(bytes.bytes());
  ASSERT_TRUE(report.ok());
  const Aligned envelope(std::string(as_text(report.value().models[0].attestation)));
  const auto attestation = wire::decode_attestation(envelope.bytes());
  ASSERT_TRUE(attestation.ok()) << attestation.status().reason();
  EXPECT_EQ(attestation.value().value.outcome, UpdateState::kConfirmed);
  EXPECT_EQ(attestation.value().value.measured_digest, world.crypto.digest_of(image(1)));
  const SignatureView& signature = attestation.value().envelope.signatures[0];
  EXPECT_EQ(signature.key_id, world.signer.key_id());
  const Digest digest = signing_digest(world.crypto, SignedKind::kAttestation,
                                       attestation.value().envelope.signed_bytes);
  EXPECT_TRUE(world.crypto.verify(FakeSigner::public_key(), digest, signature.bytes));
}

TEST_F(AgentTest, WorksWithABrokerWithoutSubscriptionIdentifiers) {
  roll_out(1);
  world.connect(mqtt::server::u8(0x29) + mqtt::server::u8(0));
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
  for (const std::string& line : world.said()) {
    EXPECT_EQ(line.find("sub_id"), std::string::npos) << line;
  }
}

TEST_F(AgentTest, AGroupThatIsAskedForAgainKeepsItsIdentifier) {
  const WirePublisher::Transfer transfer = wait_in_first_group(kOneGroup);
  const uint32_t first = world.subscriptions[group(transfer, 0)];
  world.subscriptions.erase(group(transfer, 0));
  ASSERT_TRUE(world.run_until([&] { return world.subscriptions.contains(group(transfer, 0)); }))
      << "silence is not repaired";
  EXPECT_EQ(world.subscriptions[group(transfer, 0)], first);
}

TEST_F(AgentTest, EachGroupHasItsOwnIdentifier) {
  const WirePublisher::Transfer transfer = wait_in_first_group();
  const uint32_t first = world.subscriptions[group(transfer, 0)];
  for (uint32_t i = 0; i < kGroupSize; ++i) {
    world.deliver(chunk(transfer, i), transfer.chunks[i], first);
  }
  ASSERT_TRUE(world.run_until([&] { return world.subscriptions.contains(group(transfer, 1)); }));
  EXPECT_NE(world.subscriptions[group(transfer, 1)], first);
  EXPECT_FALSE(world.subscriptions.contains(group(transfer, 0)));
}

TEST_F(AgentTest, LateMessagesOfAnAbandonedGroupAreDropped) {
  const WirePublisher::Transfer transfer = wait_in_first_group();
  const uint32_t id = world.subscriptions[group(transfer, 0)];
  const uint64_t refused = world.agent->device().counters().chunks_refused;
  world.deliver(chunk(transfer, 0), "garbage under an old identifier", id + 1000);
  world.deliver(chunk(transfer, 17), transfer.chunks[17]);
  EXPECT_EQ(world.agent->counters().late, 2u);
  EXPECT_EQ(world.agent->counters().malformed, 0u);
  EXPECT_EQ(world.agent->device().counters().chunks_refused, refused);
}

TEST_F(AgentTest, ChunksThatDoNotDecodeOrFitReachTheDeviceAsRefused) {
  const WirePublisher::Transfer transfer = wait_in_first_group();
  const uint32_t id = world.subscriptions[group(transfer, 0)];
  const uint64_t refused = world.agent->device().counters().chunks_refused;
  world.deliver(chunk(transfer, 0), "not a chunk", id);
  EXPECT_EQ(world.agent->counters().malformed, 1u);
  EXPECT_EQ(world.agent->device().counters().chunks_refused, refused + 1);
  world.deliver(chunk(transfer, 0), std::string(1024 + kChunkOverhead + 1, 'x'), id);
  EXPECT_EQ(world.agent->counters().oversized, 1u);
  EXPECT_EQ(world.agent->device().counters().chunks_refused, refused + 2);
}

TEST_F(AgentTest, OtherBadMessagesAreCountedAndChangeNothing) {
  world.connect();
  const size_t reports = world.observer.reports.size();
  world.deliver(kDirective, "not a directive");
  world.deliver("flotilla/v1/d/cam-07/ack", "no");
  EXPECT_EQ(world.agent->counters().malformed, 2u);
  world.deliver("flotilla/v1/d/cam-08/ack", "for another device");
  world.deliver("flotilla/v1/c/mic/detector/dir", "for another class");
  world.deliver("somewhere/else", "x");
  EXPECT_EQ(world.agent->counters().unexpected, 3u);
  world.deliver(kDirective, "");
  EXPECT_EQ(world.agent->counters().cleared, 1u);
  world.deliver(kDirective, std::string(kMaxEnvelope + 1, 'x'));
  EXPECT_EQ(world.agent->counters().oversized, 1u);
  world.settle();
  EXPECT_EQ(world.observer.reports.size(), reports);
  EXPECT_TRUE(world.agent->online());
}

TEST_F(AgentTest, OneReportIsInFlightAndTheNewestFollows) {
  world.answer_publish = false;
  world.connect();
  ASSERT_EQ(world.published.size(), 1u);
  world.wait(seconds(30));  // the device repeats itself meanwhile
  EXPECT_EQ(world.published.size(), 1u);
  ASSERT_GE(world.observer.reports.size(), 2u);
  world.hear(mqtt::server::puback(world.unanswered[0]));
  world.settle();
  ASSERT_EQ(world.published.size(), 2u);
  const auto report = wire::decode_state_report(Aligned(world.published[1].second).bytes());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.value().order, world.observer.reports.back().order);
}

TEST_F(AgentTest, AReportThatIsNeverAnsweredEndsTheConnection) {
  world.answer_publish = false;
  world.connect();
  world.wait(seconds(59));
  EXPECT_TRUE(world.agent->online());
  EXPECT_TRUE(world.run_until([&] { return !world.agent->online(); }, seconds(2)));
  EXPECT_EQ(world.observer.log.back(), "offline 128");
}

TEST_F(AgentTest, RefusalsAreToldWithTheirTopic) {
  world.suback_reason = 0x87;
  world.connect();
  EXPECT_EQ(world.agent->counters().refused, 4u);
  EXPECT_EQ(world.observer.log.back(), "refused flotilla/v1/c/cam/detector/dir 135");
}

TEST_F(AgentTest, ADirectiveThatGotLostIsAskedForAgain) {
  world.connect();
  world.said();
  Acknowledgement ack;
  ack.order = world.observer.reports.back().order;
  ASSERT_TRUE(ack.directives.push_back({Name("detector"), {1, 1}}));
  roll_out(1);  // retained now, but never delivered
  world.deliver("flotilla/v1/d/cam-07/ack", world.publisher.acknowledgement(ack));
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
}

TEST_F(AgentTest, TheNextAttemptUsesTheAnnouncedWindow) {
  world.connect();
  Acknowledgement ack;
  ack.order = world.observer.reports.back().order;
  ack.reconnect_window_s = 3600;
  world.deliver("flotilla/v1/d/cam-07/ack", world.publisher.acknowledgement(ack));
  world.wait(seconds(120));
  world.drop();
  EXPECT_FALSE(world.agent->online());
  EXPECT_LE(world.agent->next_attempt(), world.now + seconds(3600));
  EXPECT_GT(world.agent->next_attempt(), world.now + seconds(60)) << "seed 1 draws later";
  EXPECT_EQ(world.observer.log.back(), "offline 0");
}

TEST_F(AgentTest, AfterAReconnectTheTransferGoesOn) {
  const WirePublisher::Transfer transfer = wait_in_first_group();
  world.drop();
  world.put(transfer);
  world.connect();
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
}

TEST_F(AgentTest, AHalfChunkAtTheEndOfAConnectionIsForgotten) {
  const WirePublisher::Transfer transfer = wait_in_first_group();
  const std::string message = mqtt::server::publish0(chunk(transfer, 0), transfer.chunks[0]);
  world.hear(message.substr(0, message.size() / 2));
  world.drop();
  world.put(transfer);
  world.connect();
  ASSERT_TRUE(world.run_until([&] { return world.state().state == UpdateState::kConfirmed; }));
  EXPECT_EQ(world.agent->counters().malformed, 0u);
}

TEST_F(AgentTest, ARefusedConnectionIsTriedAgainLater) {
  ASSERT_TRUE(world.run_until([&] { return world.agent->should_open(world.now); }));
  world.agent->opening();
  world.agent->opened(world.now);
  world.hear(mqtt::server::connack("", 0, 0x87));
  world.settle();
  EXPECT_EQ(world.observer.log, Lines{"offline 135"});
  EXPECT_TRUE(world.observer.reports.empty() || !world.agent->online());
  world.connect();
  EXPECT_TRUE(world.agent->online());
}

TEST_F(AgentTest, StopsWithAGoodbye) {
  world.connect();
  world.said();
  world.agent->stop(world.now);
  world.settle();
  EXPECT_EQ(world.said(), Lines{"DISCONNECT reason=0"});
  EXPECT_TRUE(world.agent->stopped());
  EXPECT_FALSE(world.agent->should_open(world.now + seconds(10'000)));
}

TEST_F(AgentTest, StopsAtOnceWhenNotConnected) {
  world.agent->stop(world.now);
  EXPECT_TRUE(world.agent->stopped());
}

}  // namespace
}  // namespace flotilla::edge::test
