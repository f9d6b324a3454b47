#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

Code publish_code(Conversation& talk, const std::string& topic, Bytes payload,
                  QoS qos = QoS::kAtMostOnce) {
  return talk.session().publish(topic, payload, qos, talk.now()).status().code();
}

TEST(Publish, QoS0IsDoneWithItsLastByte) {
  Conversation talk;
  talk.connect();
  const std::string payload = "hello";
  EXPECT_EQ(talk.session().publish("a/b", as_bytes(payload), QoS::kAtMostOnce, talk.now()).value(),
            0);
  const size_t size = 2 + 2 + 3 + 1 + payload.size();
  for (size_t i = 0; i + 1 < size; ++i) talk.send_only(1);
  EXPECT_EQ(talk.heard(), Lines{});
  talk.send_only(1);
  EXPECT_EQ(talk.heard(), Lines{"published 0 0"});
  EXPECT_EQ(talk.said(), Lines{"PUBLISH qos=0 topic=a/b payload=hello"});
}

TEST(Publish, EmptyPayloadToo) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kOk);
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{"published 0 0"});
}

TEST(Publish, PayloadIsSentFromWhereItLies) {
  Conversation talk;
  talk.connect();
  const std::string payload(40'000, 'p');
  EXPECT_EQ(publish_code(talk, "t", as_bytes(payload)), Code::kOk);
  talk.send_only(SIZE_MAX);  // the header
  EXPECT_EQ(talk.session().pending_output().data(), as_bytes(payload).data());
  EXPECT_EQ(talk.session().pending_output().size(), payload.size());
}

TEST(Publish, QoS1IsDoneWithItsPubAck) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(talk.session().publish("t", as_bytes("x"), QoS::kAtLeastOnce, talk.now()).value(), 1);
  EXPECT_EQ(talk.session().publish("t", as_bytes("y"), QoS::kAtLeastOnce, talk.now()).value(), 2);
  talk.send();
  EXPECT_EQ(talk.said(), (Lines{"PUBLISH qos=1 id=1 topic=t payload=x",
                                "PUBLISH qos=1 id=2 topic=t payload=y"}));
  EXPECT_EQ(talk.heard(), Lines{});
  talk.hear(server::puback(2, 0x10) + server::puback(1, 0x87));
  EXPECT_EQ(talk.heard(), (Lines{"published 2 16", "published 1 135"}));
}

TEST(Publish, PubAckInItsThreeLengths) {
  Conversation talk;
  talk.connect();
  for (unsigned id = 1; id <= 3; ++id)
    EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kOk);
  talk.send();
  talk.hear(server::packet(0x40, server::u16(1)));
  talk.hear(server::packet(0x40, server::u16(2) + server::u8(0)));
  talk.hear(server::packet(0x40, server::u16(3) + server::u8(0x10) + server::u8(0)));
  EXPECT_EQ(talk.heard(), (Lines{"published 1 0", "published 2 0", "published 3 16"}));
}

TEST(Publish, PubAckOfAPublishStillInTransmissionIsRefused) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(publish_code(talk, "t", as_bytes("payload"), QoS::kAtLeastOnce), Code::kOk);
  talk.send_only(SIZE_MAX);
  talk.hear(server::puback(1));
  EXPECT_EQ(talk.heard(), Lines{closed(0x82)});
}

TEST(Publish, InFlightIsBounded) {
  Conversation talk;
  talk.connect();
  for (size_t i = 0; i < Session::kMaxInFlight; ++i)
    EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kOk);
  EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kResourceExhausted);
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kResourceExhausted);
  talk.send();
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kResourceExhausted);
  talk.hear(server::puback(2));
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kOk);
}

TEST(Publish, RespectsTheReceiveMaximumOfTheServer) {
  Conversation talk;
  talk.connect(server::u8(0x21) + server::u16(1));
  EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kOk);
  talk.send();
  EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kResourceExhausted);
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kOk);  // QoS 0 is not counted
  talk.hear(server::puback(1));
  EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kOk);
}

TEST(Publish, RespectsTheMaximumPacketSizeOfTheServer) {
  Conversation talk;
  talk.connect(server::u8(0x27) + server::u32(30));
  const std::string payload(30, 'x');
  EXPECT_EQ(publish_code(talk, "t", as_bytes(payload).first(24)), Code::kOk);
  EXPECT_EQ(publish_code(talk, "t", as_bytes(payload).first(25)), Code::kOutOfRange);
  EXPECT_EQ(publish_code(talk, "t", as_bytes(payload).first(22), QoS::kAtLeastOnce), Code::kOk);
  EXPECT_EQ(publish_code(talk, "t", as_bytes(payload).first(23), QoS::kAtLeastOnce),
            Code::kOutOfRange);
}

TEST(Publish, PayloadBeyondTheLengthFieldIsRefused) {
  Conversation talk;
  talk.connect();
  const size_t size = 268'435'455;  // left alone: it is only counted
  const std::unique_ptr<uint8_t[]> memory(new uint8_t[size]);
  EXPECT_EQ(publish_code(talk, "t", {memory.get(), size}), Code::kOutOfRange);
}

TEST(Publish, RespectsTheMaximumQoSOfTheServer) {
  Conversation talk;
  talk.connect(server::u8(0x24) + server::u8(0));
  EXPECT_EQ(publish_code(talk, "t", {}, QoS::kAtLeastOnce), Code::kFailedPrecondition);
  EXPECT_EQ(publish_code(talk, "t", {}), Code::kOk);
}

TEST(Publish, RefusesWhatIsNoTopicName) {
  Conversation talk;
  talk.connect();
  const std::string with_nul("a\0b", 3);
  for (const std::string& topic : {std::string(), std::string("a/+"), std::string("#"),
                                   std::string("\xED\xA0\x80"), with_nul, std::string(70'000, 't')})
    EXPECT_EQ(publish_code(talk, topic, {}), Code::kInvalidArgument) << topic.substr(0, 10);
  EXPECT_EQ(publish_code(talk, std::string(600, 't'), {}), Code::kOutOfRange);
}

TEST(Publish, PayloadsAndControlPacketsKeepTheirOrder) {
  Conversation talk;
  talk.connect();
  for (size_t step : {size_t{1}, size_t{3}, size_t{100}}) {
    EXPECT_EQ(publish_code(talk, "one", as_bytes("1111")), Code::kOk);
    talk.hear(server::publish1("in", 77, "x"));
    EXPECT_EQ(publish_code(talk, "two", {}), Code::kOk);
    EXPECT_EQ(publish_code(talk, "three", as_bytes("333")), Code::kOk);
    ASSERT_TRUE(talk.session().unsubscribe("u", talk.now()).ok());
    talk.send(step);
    Lines said = talk.said();
    ASSERT_EQ(said.size(), 5u);
    EXPECT_EQ(said[0], "PUBLISH qos=0 topic=one payload=1111");
    EXPECT_EQ(said[1], "PUBACK id=77");
    EXPECT_EQ(said[2], "PUBLISH qos=0 topic=two payload=");
    EXPECT_EQ(said[3], "PUBLISH qos=0 topic=three payload=333");
    EXPECT_EQ(talk.heard(), (Lines{"publish in size=1 qos=1", "payload x", "published 0 0",
                                   "published 0 0", "published 0 0"}));
  }
}

TEST(Publish, NextOneMayBeQueuedInsideOnPublished) {
  static int left;
  left = 50;
  Conversation talk;
  talk.connect();
  talk.reaction = [](Conversation& self, const std::string&) {
    if (left == 0) return;
    --left;
    EXPECT_EQ(publish_code(self, "next", as_bytes("n")), Code::kOk);
  };
  EXPECT_EQ(publish_code(talk, "first", as_bytes("f")), Code::kOk);
  talk.send(2);
  EXPECT_EQ(talk.said().size(), 51u);
}

}  // namespace
}  // namespace flotilla::mqtt
