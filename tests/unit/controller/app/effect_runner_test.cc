#include "controller/app/effect_runner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controller/app/worker_pool.h"
#include "simulator/control/memory_cache.h"
#include "tests/unit/controller/api/api_world.h"

namespace flotilla::controller::app {
namespace {

class FakeTransport final : public Transport {
 public:
  struct Published {
    std::string topic;
    std::string payload;
    bool retain = false;
    uint64_t token = 0;
  };

  void start(TransportEvents) override {}
  void stop() override {}
  Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) override {
    if (!up) return {Code::kUnavailable, "not connected"};
    if (in_flight >= window) return {Code::kResourceExhausted, "window"};
    ++in_flight;
    published.push_back({std::string(topic), std::string(as_text(payload)), retain, token});
    return ok_status();
  }
  Status subscribe(std::string_view filter) override {
    filters.emplace_back(filter);
    return ok_status();
  }
  Status unsubscribe(std::string_view) override { return ok_status(); }
  bool connected() const override { return up; }

  bool up = true;
  size_t in_flight = 0;
  size_t window = 100;
  std::vector<Published> published;
  std::vector<std::string> filters;
};

class EffectRunnerTest : public ::testing::Test {
 protected:
  EffectRunnerTest() { world.define_class("cam"); }

  Directive directive() {
    Directive out;
    out.model = Name("pose");
    out.hardware_class = Name("cam");
    out.epoch = 1;
    out.seq = 4;
    out.rollout = 1;
    out.version = 1;
    out.release_digest = world.hasher.of("release");
    out.image_digest = world.hasher.of("image");
    out.issued = {1'800'000'000'000};
    out.expires = {1'900'000'000'000};
    out.not_before = out.issued;
    if (!out.cohort.push_back({})) ADD_FAILURE();
    if (!out.offers.push_back({Digest{}, 5})) ADD_FAILURE();
    return out;
  }

  size_t count(const std::string& topic) {
    return static_cast<size_t>(
        std::count_if(transport.published.begin(), transport.published.end(),
                      [&](const auto& message) { return message.topic == topic; }));
  }

  std::vector<uint64_t> delivered() {
    std::vector<uint64_t> ids;
    for (Mail& mail : mailbox.take(100, 0)) {
      const auto& event = std::get<OutboxDelivered>(std::get<Fact>(mail).event);
      ids.insert(ids.end(), event.ids.begin(), event.ids.end());
    }
    return ids;
  }

  testing::ApiWorld world;
  Topics topics{"p"};
  FakeTransport transport;
  flotilla::sim::MemoryCache payloads;
  InOrder in_order;
  WorkerPool builders{1, 4};
  Mailbox mailbox;
  std::vector<std::string> swept;
  std::vector<std::string> adopted;
  Status adoption;
  EffectRunner runner{EffectRunner::Parts{
      transport, topics, world.hasher, world.signer, world.artifacts, payloads, in_order,
      [this](std::function<void()> job) { return builders.submit(std::move(job)); },
      builders.cancelled(), mailbox,
      [](const std::map<std::string, Device>&, std::string&) { return ok_status(); },
      "keyset-bytes",
      [this](const std::string& envelope) {
        adopted.push_back(envelope);
        return adoption;
      },
      [](const PlaceTransfer&) {}, [](const ClearTransfer&) {},
      [this](const std::string& name, const std::set<TransferId>&) { swept.push_back(name); }}};
};

TEST_F(EffectRunnerTest, AConnectionGetsSubscriptionsThenKeysets) {
  runner.connected(world.plane);
  EXPECT_EQ(transport.filters, (std::vector<std::string>{"p/v1/u/+/+/st", "p/v1/u/+/+/hp"}));
  ASSERT_EQ(count("p/v1/c/cam/keys"), 1u);
  EXPECT_TRUE(transport.published[0].retain);
  EXPECT_EQ(transport.published[0].payload, "keyset-bytes");
  EXPECT_EQ(swept, std::vector<std::string>{"cam"});
  runner.settle(world.plane, MonoTime{1});
  EXPECT_EQ(count("p/v1/c/cam/keys"), 1u) << "once is enough for a connection";
  runner.connected(world.plane);
  EXPECT_EQ(count("p/v1/c/cam/keys"), 2u);
  EXPECT_EQ(swept.size(), 1u) << "orphans are looked for once";
}

TEST_F(EffectRunnerTest, ANewClassGetsTheKeyset) {
  runner.connected(world.plane);
  world.define_class("mic");
  runner.settle(world.plane, MonoTime{1});
  EXPECT_EQ(count("p/v1/c/mic/keys"), 1u);
}

TEST_F(EffectRunnerTest, ARefusedKeysetIsTriedAgainAfterAWhile) {
  runner.connected(world.plane);
  runner.settle(world.plane, MonoTime{1});
  runner.on_published(transport.published[0].token, false, "not authorized");
  runner.settle(world.plane, MonoTime{2});
  EXPECT_EQ(count("p/v1/c/cam/keys"), 2u);
  runner.on_published(transport.published[1].token, false, "not authorized");
  runner.settle(world.plane, MonoTime{3});
  EXPECT_EQ(count("p/v1/c/cam/keys"), 2u) << "a broker that refuses is not hammered";
  runner.settle(world.plane, MonoTime{3} + EffectRunner::kRetryInterval);
  EXPECT_EQ(count("p/v1/c/cam/keys"), 3u);
}

TEST_F(EffectRunnerTest, AKeysetThatCannotBePutInForceIsTriedAgainAfterAWhile) {
  adoption = {Code::kUnavailable, "no room"};
  runner.perform(AdoptKeyset{"next"});
  runner.settle(world.plane, MonoTime{1});
  runner.settle(world.plane, MonoTime{2});
  EXPECT_EQ(adopted, std::vector<std::string>{"next"}) << "a full disk is not hammered";
  adoption = ok_status();
  runner.settle(world.plane, MonoTime{1} + EffectRunner::kRetryInterval);
  EXPECT_EQ(adopted, (std::vector<std::string>{"next", "next"}));
  runner.settle(world.plane,
                MonoTime{2} + EffectRunner::kRetryInterval + EffectRunner::kRetryInterval);
  EXPECT_EQ(adopted.size(), 2u) << "once in force is enough";
}

TEST_F(EffectRunnerTest, ADirectiveIsRetainedAndItsDeliveryReported) {
  runner.perform(PublishDirective{77, directive()});
  ASSERT_EQ(count("p/v1/c/cam/pose/dir"), 1u);
  EXPECT_TRUE(transport.published[0].retain);
  EXPECT_TRUE(delivered().empty()) << "not before the broker has it";
  runner.on_published(transport.published[0].token, true, "");
  EXPECT_EQ(delivered(), std::vector<uint64_t>{77});
}

TEST_F(EffectRunnerTest, ARefusedDirectiveIsReportedAsThat) {
  runner.perform(PublishDirective{77, directive()});
  runner.on_published(transport.published[0].token, false, "not authorized");
  std::vector<Mail> mail = mailbox.take(100, 0);
  ASSERT_EQ(mail.size(), 1u);
  const auto& refused = std::get<OutboxRefused>(std::get<Fact>(mail[0]).event);
  EXPECT_EQ(refused.id, 77u);
  EXPECT_EQ(refused.reason, "not authorized");
  EXPECT_EQ(runner.counters().publish_refused, 1u);
}

TEST_F(EffectRunnerTest, AcknowledgementsWaitForRoomAndEachHasItsToken) {
  transport.window = 2;
  for (const char* device : {"d1", "d2", "d3", "d4"}) {
    SendAcknowledgement effect;
    effect.device = device;
    effect.acknowledgement.order = {1, 1, 1};
    runner.perform(effect);
  }
  EXPECT_EQ(transport.published.size(), 2u);
  EXPECT_NE(transport.published[0].token, transport.published[1].token);
  transport.in_flight = 0;
  runner.settle(world.plane, MonoTime{1});
  EXPECT_EQ(count("p/v1/d/d3/ack") + count("p/v1/d/d1/ack"), 2u);
  EXPECT_EQ(runner.counters().publish_refused, 0u);
  EXPECT_FALSE(transport.published[0].retain);
}

TEST_F(EffectRunnerTest, ADirectiveDoesNotWaitBehindAcknowledgements) {
  transport.window = 1;
  for (const char* device : {"d1", "d2", "d3"}) {
    SendAcknowledgement effect;
    effect.device = device;
    effect.acknowledgement.order = {1, 1, 1};
    runner.perform(effect);
  }
  runner.perform(PublishDirective{77, directive()});
  transport.in_flight = 0;
  runner.settle(world.plane, MonoTime{1});
  ASSERT_EQ(transport.published.size(), 2u);
  EXPECT_EQ(transport.published[1].topic, "p/v1/c/cam/pose/dir");
  transport.window = 100;
  runner.settle(world.plane, MonoTime{2});
  EXPECT_EQ(count("p/v1/d/d2/ack") + count("p/v1/d/d3/ack"), 2u);
}

TEST_F(EffectRunnerTest, ANewConnectionForgetsWhatWaited) {
  transport.window = 0;
  runner.perform(PublishDirective{1, directive()});
  transport.window = 100;
  runner.connected(world.plane);
  runner.settle(world.plane, MonoTime{1});
  EXPECT_EQ(count("p/v1/c/cam/pose/dir"), 0u) << "the control plane asks for it again";
}

}  // namespace
}  // namespace flotilla::controller::app
