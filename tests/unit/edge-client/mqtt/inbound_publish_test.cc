#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

using server::publish0;
using server::publish1;
using server::text;
using server::u16;
using server::u32;
using server::u8;
using server::varint;

TEST(Inbound, QoS1IsAcknowledgedAfterItsEnd) {
  Conversation talk;
  talk.connect();
  const std::string packet = publish1("a/b", 500, "payload", "", 1);
  talk.hear(packet.substr(0, packet.size() - 1));
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{"publish a/b size=7 qos=1 retain"});
  EXPECT_EQ(talk.said(), Lines{});
  talk.hear(packet.substr(packet.size() - 1));
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{"payload payload"});
  EXPECT_EQ(talk.said(), Lines{"PUBACK id=500"});
}

TEST(Inbound, QoS0IsNot) {
  Conversation talk;
  talk.connect();
  talk.hear(publish0("t", "x") + publish0("t", ""));
  EXPECT_EQ(talk.heard(),
            (Lines{"publish t size=1 qos=0", "payload x", "publish t size=0 qos=0", "payload "}));
  EXPECT_TRUE(talk.session().pending_output().empty());
}

TEST(Inbound, DuplicateFlagIsPassedOn) {
  Conversation talk;
  talk.connect();
  talk.hear(publish1("t", 1, "x", "", 8));
  EXPECT_EQ(talk.heard(), (Lines{"publish t size=1 qos=1 dup", "payload x"}));
}

TEST(Inbound, EveryPublishPropertyIsAccepted) {
  Conversation talk;
  talk.connect();
  const std::string props = u8(0x01) + u8(1) + u8(0x02) + u32(9) + u8(0x08) + text("re/ply") +
                            u8(0x09) + u16(2) + std::string("\xFF\x00", 2) + u8(0x26) + text("k") +
                            text("v") + u8(0x26) + text("k") + text("v") + u8(0x0B) + varint(300) +
                            u8(0x0B) + varint(2) + u8(0x03) + text("json");
  talk.hear(publish0("t", "x", props));
  EXPECT_EQ(talk.heard(), (Lines{"publish t size=1 qos=0 sub_id=300", "payload x"}));
}

TEST(Inbound, UnwantedPayloadsPassBy) {
  Conversation talk;
  talk.connect();
  talk.hear(publish1("drop/a", 3, std::string(15'000, 'x')) + publish0("t", "y"));
  talk.send();
  EXPECT_EQ(talk.heard(), (Lines{"publish drop/a size=15000 qos=1", "dropped",
                                 "publish t size=1 qos=0", "payload y"}));
  EXPECT_EQ(talk.said(), Lines{"PUBACK id=3"});
}

TEST(Inbound, LargestPacketAnnouncedFits) {
  Conversation talk;
  talk.connect();
  const std::string payload(20 * 1024 - 4 - 2 - 1 - 1, 'x');
  talk.hear(publish0("t", payload));
  EXPECT_EQ(talk.heard(), (Lines{"publish t size=" + std::to_string(payload.size()) + " qos=0",
                                 "payload " + payload}));
  talk.hear(publish0("t", payload + "x"));
  EXPECT_EQ(talk.heard(), Lines{closed(0x95)});
}

TEST(Inbound, HeaderFillsItsBufferAndNoMore) {
  Conversation talk;
  talk.connect();
  const std::string topic(Session::kRxHeaderSize - 2 - 1, 't');
  talk.hear(publish0(topic, "x"));
  EXPECT_EQ(talk.heard().back(), "payload x");
  talk.hear(publish0(topic + "t", "x"));
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{closed(0x97)});
  EXPECT_EQ(talk.said(), Lines{"DISCONNECT reason=151"});
}

TEST(Inbound, ReceiveMaximumCountsUntilThePubAckIsSent) {
  Conversation talk;
  talk.connect();
  for (unsigned round = 0; round < 3; ++round) {
    for (unsigned id = 1; id <= 16; ++id) talk.hear(publish1("t", id, ""));
    talk.send();
  }
  EXPECT_EQ(talk.said().size(), 48u);
  EXPECT_TRUE(talk.session().connected());
  for (unsigned id = 1; id <= 16; ++id) talk.hear(publish1("t", id, ""));
  talk.send_only(4);
  talk.hear(publish1("t", 17, ""));
  EXPECT_TRUE(talk.session().connected());
  talk.send_only(3);  // not the whole of the next
  talk.heard();
  talk.hear(publish1("t", 18, "x"));
  EXPECT_EQ(talk.heard(), Lines{closed(0x93)});
  talk.send();
  EXPECT_EQ(talk.said().back(), "DISCONNECT reason=147");
}

TEST(Inbound, ReceiveMaximumDoesNotCountQoS0) {
  Conversation talk;
  talk.connect();
  for (unsigned id = 1; id <= 16; ++id) talk.hear(publish1("t", id, ""));
  for (int i = 0; i < 100; ++i) talk.hear(publish0("t", "x"));
  EXPECT_TRUE(talk.session().connected());
}

TEST(Inbound, AcknowledgementsAlwaysFindRoom) {
  Conversation talk;
  talk.connect();
  const std::string topic(100, 't');
  while (talk.session().publish(topic, {}, QoS::kAtMostOnce, talk.now()).ok()) {
  }
  while (talk.session().unsubscribe("x", talk.now()).ok()) {
  }
  for (unsigned id = 1; id <= 16; ++id) talk.hear(publish1("t", id, ""));
  talk.send();
  EXPECT_EQ(talk.said().back(), "PUBACK id=16");
}

TEST(Inbound, ListenerMayDisconnectInTheMiddle) {
  for (const char* event : {"publish t size=3 qos=1", "payload abc"}) {
    Conversation talk;
    talk.connect();
    static std::string trigger;
    trigger = event;
    talk.reaction = [](Conversation& self, const std::string& line) {
      if (line == trigger) self.session().disconnect(0x80, self.now());
    };
    talk.hear(publish1("t", 1, "abc") + publish1("t", 2, "def"));
    talk.send();
    EXPECT_EQ(talk.heard().back(), closed(0x80));
    EXPECT_EQ(talk.said(), Lines{"DISCONNECT reason=128"});
  }
}

}  // namespace
}  // namespace flotilla::mqtt
