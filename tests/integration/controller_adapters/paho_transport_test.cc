#include "controller/adapters/paho_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <set>

#include "tests/support/adapter_keys.h"
#include "tests/support/adapter_mailbox.h"
#include "tests/support/adapter_mosquitto.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::Mailbox;
using flotilla::testing::Mosquitto;
using Kind = Mailbox::Kind;
using ::testing::HasSubstr;

class PahoTransportTest : public ::testing::Test {
 protected:
  PahoTransport::Options options(const std::string& client_id = "flotilla.test") {
    PahoTransport::Options made;
    made.address = {
        .host = "127.0.0.1", .port = broker_.port(), .client_id = client_id, .tls = false};
    made.backoff = {milliseconds(50), milliseconds(100), milliseconds(200)};
    made.seed = 1;
    return made;
  }
  void connect(PahoTransport& transport, Mailbox& box) {
    transport.start(box.events());
    ASSERT_TRUE(box.wait(Kind::kConnected));
    ASSERT_TRUE(transport.connected());
  }

  flotilla::testing::TemporaryFolder folder_;
  Mosquitto broker_{folder_.path()};
  Mailbox box_;  // outlives the transports of the tests
};

TEST_F(PahoTransportTest, RetainedMessagesComeBackAndPublishesAreAnswered) {
  PahoTransport transport(options());
  connect(transport, box_);
  const std::string payload("\0binary\xff", 8);
  ASSERT_TRUE(transport.publish("t/one", as_bytes(payload), true, 0).ok());
  ASSERT_TRUE(box_.wait(Kind::kPublished));
  EXPECT_TRUE(box_.all(Kind::kPublished)[0].flag);
  EXPECT_EQ(box_.all(Kind::kPublished)[0].token, 0u);
  ASSERT_TRUE(transport.subscribe("t/+").ok());
  ASSERT_TRUE(box_.wait(Kind::kMessage));
  EXPECT_EQ(box_.all(Kind::kMessage)[0].text, "t/one");
  EXPECT_EQ(box_.all(Kind::kMessage)[0].payload, payload);
  EXPECT_TRUE(box_.all(Kind::kMessage)[0].flag);
  ASSERT_TRUE(transport.publish("t/one", {}, true, 1).ok());
  ASSERT_TRUE(box_.wait(Kind::kMessage, 2));
  EXPECT_FALSE(box_.all(Kind::kMessage)[1].flag) << "a live message";
}

TEST_F(PahoTransportTest, AKilledBrokerIsLostAndFoundAgain) {
  PahoTransport transport(options());
  connect(transport, box_);
  for (size_t round = 1; round <= 3; ++round) {
    broker_.kill_hard();
    ASSERT_TRUE(box_.wait(Kind::kLost, round));
    EXPECT_FALSE(transport.connected());
    EXPECT_EQ(transport.publish("t", {}, false, 1).code(), Code::kUnavailable);
    EXPECT_EQ(transport.subscribe("t").code(), Code::kUnavailable);
    broker_.start();
    ASSERT_TRUE(box_.wait(Kind::kConnected, round + 1));
  }
  ASSERT_TRUE(transport.publish("t", {}, false, 9).ok());
  ASSERT_TRUE(box_.wait(Kind::kPublished));
  EXPECT_TRUE(box_.all(Kind::kPublished)[0].flag);
}

TEST_F(PahoTransportTest, AHangingBrokerFillsTheWindowAndNoMore) {
  auto small = options();
  small.max_in_flight = 10;
  PahoTransport transport(small);
  connect(transport, box_);
  broker_.freeze();
  for (uint64_t token = 0; token < 10; ++token) {
    ASSERT_TRUE(transport.publish("t", as_bytes("x"), false, token).ok());
  }
  EXPECT_EQ(transport.publish("t", as_bytes("x"), false, 10).code(), Code::kResourceExhausted);
  broker_.thaw();
  ASSERT_TRUE(box_.wait(Kind::kPublished, 10));
  EXPECT_TRUE(transport.publish("t", as_bytes("x"), false, 10).ok());
}

TEST_F(PahoTransportTest, EveryAcceptedPublishIsAnsweredOnceAlsoWhenTheBrokerDies) {
  PahoTransport transport(options());
  connect(transport, box_);
  broker_.freeze();
  for (uint64_t token = 0; token < 20; ++token) {
    ASSERT_TRUE(transport.publish("t", as_bytes("x"), false, token).ok());
  }
  broker_.kill_hard();
  ASSERT_TRUE(box_.wait(Kind::kPublished, 20));
  std::set<uint64_t> tokens;
  bool lost = false;
  for (const auto& event : box_.all()) {
    if (event.kind == Kind::kLost) lost = true;
    if (event.kind != Kind::kPublished) continue;
    EXPECT_TRUE(lost) << "the loss is told before its consequences";
    EXPECT_FALSE(event.flag);
    EXPECT_TRUE(tokens.insert(event.token).second);
  }
  EXPECT_EQ(tokens.size(), 20u);
}

TEST_F(PahoTransportTest, ASessionThatAnswersNothingIsGivenUp) {
  auto impatient = options();
  impatient.stall = std::chrono::milliseconds(300);
  PahoTransport transport(impatient);
  connect(transport, box_);
  broker_.freeze();
  ASSERT_TRUE(transport.publish("t", as_bytes("x"), false, 1).ok());
  ASSERT_TRUE(box_.wait(Kind::kLost));
  EXPECT_EQ(box_.all(Kind::kLost)[0].text, "the broker answers no publish");
  broker_.thaw();
  ASSERT_TRUE(box_.wait(Kind::kConnected, 2));
}

TEST_F(PahoTransportTest, NothingIsReportedAfterStop) {
  PahoTransport transport(options());
  connect(transport, box_);
  ASSERT_TRUE(transport.subscribe("t").ok());
  for (uint64_t token = 0; token < 50; ++token) {
    static_cast<void>(transport.publish("t", as_bytes("x"), false, token));
  }
  transport.stop();
  const size_t seen = box_.all().size();
  EXPECT_FALSE(transport.connected());
  PahoTransport other(options());
  Mailbox second;
  connect(other, second);
  ASSERT_TRUE(other.publish("t", as_bytes("x"), false, 1).ok());
  ASSERT_TRUE(second.wait(Kind::kPublished));
  EXPECT_EQ(box_.all().size(), seen);
  other.stop();
}

TEST_F(PahoTransportTest, StopsAlsoWhenThereIsNoBroker) {
  broker_.kill_hard();
  auto logged = options();
  std::promise<std::string> first;
  logged.log = [&, told = false](const std::string& text) mutable {
    if (!told) first.set_value(text);
    told = true;
  };
  PahoTransport transport(logged);
  transport.start(box_.events());
  auto answer = first.get_future();
  ASSERT_EQ(answer.wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_THAT(answer.get(), HasSubstr("broker at 127.0.0.1:" + std::to_string(broker_.port()) +
                                      " could not be reached"));
  transport.stop();
}

TEST_F(PahoTransportTest, ALostNameIsTakenBackWithBackoff) {
  PahoTransport transport(options());
  connect(transport, box_);
  PahoTransport thief(options());
  Mailbox other;
  connect(thief, other);
  ASSERT_TRUE(box_.wait(Kind::kLost));
  thief.stop();
  ASSERT_TRUE(box_.wait(Kind::kConnected, 2));
}

TEST(PahoTransportRights, ForbiddenPublishesAreToldApart) {
  flotilla::testing::TemporaryFolder folder;
  std::ofstream(folder / "acl") << "topic read t/#\ntopic write t/mine\n";
  const Mosquitto broker(folder.path(), "acl_file " + (folder / "acl"));
  Mailbox box;
  PahoTransport::Options options;
  options.address = {
      .host = "127.0.0.1", .port = broker.port(), .client_id = "flotilla.test", .tls = false};
  PahoTransport transport(options);
  transport.start(box.events());
  ASSERT_TRUE(box.wait(Kind::kConnected));
  ASSERT_TRUE(transport.publish("t/mine", as_bytes("x"), true, 1).ok());
  ASSERT_TRUE(box.wait(Kind::kPublished));
  ASSERT_TRUE(transport.publish("t/other", as_bytes("x"), true, 2).ok());
  ASSERT_TRUE(box.wait(Kind::kPublished, 2));
  EXPECT_TRUE(box.all(Kind::kPublished)[0].flag);
  EXPECT_FALSE(box.all(Kind::kPublished)[1].flag);
  EXPECT_THAT(box.all(Kind::kPublished)[1].text, HasSubstr("not authorized"));
  transport.stop();
}

}  // namespace
}  // namespace flotilla::controller
