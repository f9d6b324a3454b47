#include "simulator/broker/broker.h"

#include <gtest/gtest.h>

#include "simulator/broker/topic_index.h"

namespace flotilla::sim {
namespace {

using Lines = std::vector<std::string>;

/// A client that writes down what it hears.
class Client final : public Outlet {
 public:
  explicit Client(Broker& broker) : broker_(broker) {}

  void connect(const std::string& id, uint32_t expiry_s = 0,
               uint16_t receive_maximum = UINT16_MAX) {
    ConnectRequest request;
    request.client_id = id;
    request.clean_start = expiry_s == 0;
    request.session_expiry_s = expiry_s;
    request.receive_maximum = receive_maximum;
    connection = broker_.connect(*this, request);
  }
  void publish(const std::string& topic, const std::string& payload, bool retain = false) {
    broker_.publish(connection, {topic, payload, 1, retain, 1});
  }
  void subscribe(const std::string& filter) {
    SubscribeRequest request;
    request.filter = filter;
    request.packet_id = 2;
    request.qos = 1;
    request.retain_as_published = true;
    broker_.subscribe(connection, request);
  }
  void acknowledge_all() {
    const std::vector<uint16_t> ids = std::move(unacknowledged);
    unacknowledged.clear();
    for (const uint16_t id : ids) broker_.puback(connection, id);
  }

  void connack(bool present, uint8_t) override { log.push_back(present ? "session" : "new"); }
  void deliver(const Delivery& delivery) override {
    log.push_back(delivery.message->topic + "=" + delivery.message->payload +
                  (delivery.retain ? " retained" : "") + (delivery.duplicate ? " again" : ""));
    if (delivery.packet_id != 0) unacknowledged.push_back(delivery.packet_id);
  }
  void puback(uint16_t, uint8_t) override { ++pubacks; }
  void suback(uint16_t, uint8_t) override {}
  void unsuback(uint16_t, uint8_t) override {}
  void pingresp() override {}
  void closed(uint8_t reason) override { log.push_back("closed " + std::to_string(reason)); }

  Broker::Connection connection = 0;
  Lines log;
  std::vector<uint16_t> unacknowledged;
  int pubacks = 0;

 private:
  Broker& broker_;
};

class SimBroker : public ::testing::Test {
 protected:
  Trace trace;
  Scheduler scheduler{trace};
  Broker broker{scheduler, BrokerOptions{{2, 3}, seconds(60)}};
  Client a{broker};
  Client b{broker};
};

TEST_F(SimBroker, RetainedMessagesComeWithTheSubscription) {
  a.connect("a");
  a.publish("x/1", "one", true);
  a.publish("x/2", "two", true);
  a.publish("x/2", "", true);
  b.connect("b");
  b.subscribe("x/+");
  EXPECT_EQ(b.log, (Lines{"new", "x/1=one retained"}));
  a.publish("x/3", "three", true);
  EXPECT_EQ(b.log.back(), "x/3=three retained");
}

TEST_F(SimBroker, TheParentOfAHashIsRetainedToo) {
  a.connect("a");
  a.publish("x", "one", true);
  b.connect("b");
  b.subscribe("x/#");
  EXPECT_EQ(b.log, (Lines{"new", "x=one retained"}));
}

TEST_F(SimBroker, AFullQueueDropsInSilence) {
  b.connect("b");
  b.subscribe("t");
  a.connect("a");
  for (int i = 0; i < 10; ++i) a.publish("t", std::to_string(i));
  EXPECT_EQ(a.pubacks, 10);
  EXPECT_EQ(b.log, (Lines{"new", "t=0", "t=1"})) << "more than the window is in flight";
  for (int i = 0; i < 10; ++i) b.acknowledge_all();
  EXPECT_EQ(b.log, (Lines{"new", "t=0", "t=1", "t=2", "t=3", "t=4"}));
  EXPECT_EQ(broker.counters().dropped, 5u);
}

TEST_F(SimBroker, ASecondConnectionOfTheSameIdTakesOver) {
  a.connect("a");
  b.connect("a");
  EXPECT_EQ(a.log, (Lines{"new", "closed 0"}));
  EXPECT_TRUE(broker.is_open(b.connection));
}

TEST_F(SimBroker, APersistentSessionKeepsWhatWasNotAcknowledged) {
  b.connect("b", 3600);
  b.subscribe("t");
  a.connect("a");
  a.publish("t", "1");
  broker.lost(b.connection);
  a.publish("t", "2");
  b.log.clear();
  b.connect("b", 3600);
  EXPECT_EQ(b.log, (Lines{"session", "t=1 again", "t=2"}));
}

TEST_F(SimBroker, SilenceEndsAConnectionAndSendsItsWill) {
  a.connect("a");
  a.subscribe("gone");
  ConnectRequest request;
  request.client_id = "b";
  request.keep_alive_s = 10;
  request.will = Will{"gone", "b", 1, false};
  b.connection = broker.connect(b, request);
  scheduler.run_until(MonoTime{14'999});
  EXPECT_EQ(a.log, (Lines{"new"}));
  scheduler.run_until(MonoTime{15'001});
  EXPECT_EQ(a.log, (Lines{"new", "gone=b"}));
  EXPECT_EQ(b.log.back(), "closed 0");
}

TEST_F(SimBroker, ARestartFindsWhatTheAutosaveWrote) {
  a.connect("a");
  a.publish("x", "old", true);
  scheduler.run_until(MonoTime{61'000});
  a.publish("x", "new", true);
  broker.stop();
  EXPECT_EQ(a.log.back(), "closed 0");
  broker.start(true);
  EXPECT_EQ(broker.retained().at("x")->payload, "old");
  broker.stop();
  broker.start(false);
  EXPECT_TRUE(broker.retained().empty());
}

TEST(SimTopics, FiltersCoverWhatTheSpecificationSays) {
  EXPECT_TRUE(covers("a/+/c", "a/b/c"));
  EXPECT_TRUE(covers("a/#", "a"));
  EXPECT_TRUE(covers("a/#", "a/b/c"));
  EXPECT_TRUE(covers("#", "a/b"));
  EXPECT_TRUE(covers("+/b", "/b"));
  EXPECT_FALSE(covers("a/+", "a"));
  EXPECT_FALSE(covers("a/+", "a/b/c"));
  EXPECT_FALSE(covers("a", "a/b"));
  EXPECT_FALSE(covers("#", "$SYS/x"));
}

TEST(SimTopics, TheIndexAgreesWithTheRule) {
  const Lines filters = {"a/b", "a/+", "+/b", "a/#", "#", "a/+/c", "+/+/+", "b", "a/b/c"};
  const Lines topics = {"a/b", "a", "b", "a/b/c", "x/b", "a/b/d", "a/b/c/d"};
  TopicIndex index;
  for (uint32_t i = 0; i < filters.size(); ++i) index.add(filters[i], i);
  index.remove("a/+", 1);
  for (const std::string& topic : topics) {
    std::vector<TopicIndex::Match> found;
    index.find(topic, found);
    std::vector<std::string> names;
    for (const auto& match : found) names.emplace_back(match.filter);
    Lines expected;
    for (const std::string& filter : filters) {
      if (filter != "a/+" && covers(filter, topic)) expected.push_back(filter);
    }
    std::sort(names.begin(), names.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(names, expected) << topic;
  }
}

}  // namespace
}  // namespace flotilla::sim
