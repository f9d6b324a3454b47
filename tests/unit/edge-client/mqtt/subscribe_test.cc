#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

Code subscribe_code(Conversation& talk, const std::string& filter, uint32_t id = 0) {
  return talk.session().subscribe(filter, id, talk.now()).status().code();
}

TEST(Subscribe, AsksForRetainedMessagesAtQoS1) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(talk.session().subscribe("f/v1/x/hc/00/3/+", 300, talk.now()).value(), 1);
  EXPECT_EQ(talk.session().subscribe("f/#", 0, talk.now()).value(), 2);
  EXPECT_EQ(talk.session().unsubscribe("f/#", talk.now()).value(), 3);
  talk.send(1);
  EXPECT_EQ(talk.said(),
            (Lines{"SUBSCRIBE id=1 sub_id=300 filter=f/v1/x/hc/00/3/+ qos=1 no_local=0 rap=1 rh=0",
                   "SUBSCRIBE id=2 filter=f/# qos=1 no_local=0 rap=1 rh=0",
                   "UNSUBSCRIBE id=3 filter=f/#"}));
  talk.hear(server::unsuback(3, 0x11) + server::suback(1, 1) + server::suback(2, 0x87));
  EXPECT_EQ(talk.heard(), (Lines{"unsubscribed 3 17", "subscribed 1 1", "subscribed 2 135"}));
}

TEST(Subscribe, LongestSubscriptionIdentifier) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(subscribe_code(talk, "a", 268'435'455), Code::kOk);
  EXPECT_EQ(subscribe_code(talk, "a", 268'435'456), Code::kOutOfRange);
  talk.send();
  EXPECT_EQ(talk.said(),
            Lines{"SUBSCRIBE id=1 sub_id=268435455 filter=a qos=1 no_local=0 rap=1 rh=0"});
}

TEST(Subscribe, RefusesWhatIsNoFilter) {
  Conversation talk;
  talk.connect();
  for (const char* filter : {"", "a#", "#/a", "a/#/b", "a+", "+a", "a/b+/c", "\xFF"})
    EXPECT_EQ(subscribe_code(talk, filter), Code::kInvalidArgument) << filter;
  for (const char* filter : {"+", "#", "/", "a/+/b", "+/+", "a/#", "/+", "\xC3\xA9"})
    EXPECT_EQ(subscribe_code(talk, filter), Code::kOk) << filter;
}

TEST(Subscribe, RespectsWhatTheServerRulesOut) {
  using namespace server;
  Conversation talk;
  talk.connect(u8(0x28) + u8(0) + u8(0x29) + u8(0) + u8(0x27) + u32(20));
  EXPECT_EQ(subscribe_code(talk, "a/+"), Code::kFailedPrecondition);
  EXPECT_EQ(subscribe_code(talk, "a", 1), Code::kFailedPrecondition);
  EXPECT_EQ(subscribe_code(talk, "123456789012"), Code::kOk);  // a packet of 20 bytes
  EXPECT_EQ(subscribe_code(talk, "1234567890123"), Code::kOutOfRange);
  EXPECT_EQ(talk.session().unsubscribe("1234567890123", talk.now()).value(), 3);
  EXPECT_EQ(talk.session().unsubscribe("12345678901234", talk.now()).status().code(),
            Code::kOutOfRange);
}

TEST(Subscribe, UnansweredRequestsAreBounded) {
  Conversation talk;
  talk.connect();
  for (size_t i = 0; i < Session::kMaxRequests; ++i)
    EXPECT_EQ(subscribe_code(talk, "a"), Code::kOk);
  EXPECT_EQ(subscribe_code(talk, "a"), Code::kResourceExhausted);
  talk.send();
  EXPECT_EQ(subscribe_code(talk, "a"), Code::kResourceExhausted);
  talk.hear(server::suback(3, 0));
  EXPECT_EQ(subscribe_code(talk, "a"), Code::kOk);
}

TEST(Subscribe, FullOutputAndEndlessFilterAreToldApart) {
  Conversation talk;
  talk.connect();
  const std::string half(250, 'f');
  EXPECT_EQ(subscribe_code(talk, half), Code::kOk);
  EXPECT_EQ(subscribe_code(talk, half), Code::kResourceExhausted);
  talk.send();
  EXPECT_EQ(subscribe_code(talk, half), Code::kOk);
  talk.send();
  EXPECT_EQ(subscribe_code(talk, half + half), Code::kOutOfRange);
  EXPECT_EQ(subscribe_code(talk, std::string(70'000, 'f')), Code::kInvalidArgument);
}

TEST(Subscribe, MayHappenInsideOnConnected) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  talk.said();
  talk.reaction = [](Conversation& self, const std::string&) {
    EXPECT_TRUE(self.session().subscribe("a", 0, self.now()).ok());
  };
  talk.hear(server::connack());
  talk.send();
  EXPECT_EQ(talk.said(), Lines{"SUBSCRIBE id=1 filter=a qos=1 no_local=0 rap=1 rh=0"});
}

TEST(Subscribe, PacketIdsSkipThoseInUseAndNeverAreZero) {
  Conversation talk;
  talk.connect();
  ASSERT_EQ(talk.session().subscribe("stays", 0, talk.now()).value(), 1);
  ASSERT_EQ(talk.session().publish("t", {}, QoS::kAtLeastOnce, talk.now()).value(), 2);
  talk.send();
  for (int i = 0; i < 65'533; ++i) {
    const unsigned id = talk.session().unsubscribe("u", talk.now()).value();
    talk.send();
    talk.hear(server::unsuback(id, 0));
  }
  EXPECT_EQ(talk.heard().back(), "unsubscribed 65535 0");
  EXPECT_EQ(talk.session().unsubscribe("u", talk.now()).value(), 3);
}

}  // namespace
}  // namespace flotilla::mqtt
