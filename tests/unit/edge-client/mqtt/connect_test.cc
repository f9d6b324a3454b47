#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

TEST(Connect, SaysAllThatTheOptionsAsk) {
  Options options;
  options.client_id = "plant-7.press";
  options.keep_alive_s = 300;
  options.receive_maximum = 8;
  options.maximum_packet_size = 5000;
  options.session_expiry_s = 86400;
  options.clean_start = false;
  Conversation talk(options);
  talk.session().start(talk.now());
  talk.send();
  EXPECT_EQ(talk.said(), Lines{"CONNECT id=plant-7.press keep_alive=300 resume expiry=86400 "
                               "receive_max=8 max_packet=5000 problem_info=0"});
}

TEST(Connect, DefaultsAreACleanStart) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send(1);
  EXPECT_EQ(talk.said(), Lines{"CONNECT id=dev-1 keep_alive=60 clean expiry=0 receive_max=16 "
                               "max_packet=20480 problem_info=0"});
}

TEST(Connect, LimitsHaveTheDefaultsOfTheSpecification) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  EXPECT_FALSE(talk.session().connected());
  talk.hear(server::connack());
  EXPECT_TRUE(talk.session().connected());
  // Receive Maximum 65,535 clamped to what fits here; the packet limit to what MQTT can express.
  EXPECT_EQ(talk.heard(), Lines{"connected max_packet=268435460 receive_max=4 keep_alive=60"});
}

TEST(Connect, EveryConnAckPropertyIsAccepted) {
  using namespace server;
  const std::string props =
      u8(0x11) + u32(7) + u8(0x21) + u16(2) + u8(0x24) + u8(0) + u8(0x25) + u8(0) + u8(0x27) +
      u32(1000) + u8(0x12) + text("given") + u8(0x22) + u16(10) + u8(0x1F) + text("welcome") +
      u8(0x26) + text("k") + text("v") + u8(0x26) + text("k") + text("w") + u8(0x28) + u8(0) +
      u8(0x29) + u8(0) + u8(0x2A) + u8(0) + u8(0x13) + u16(20) + u8(0x1C) + text("other:1883");
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  talk.hear(connack(props));
  EXPECT_EQ(talk.heard(),
            Lines{"connected max_packet=1000 receive_max=2 keep_alive=20 no_qos1 no_retain "
                  "no_wildcard no_sub_ids"});
}

TEST(Connect, EachLimitIsTakenAlone) {
  using namespace server;
  const std::string common = "connected max_packet=268435460 receive_max=4 keep_alive=60";
  const std::pair<unsigned, const char*> flags[] = {{0x24, " no_qos1"},
                                                    {0x25, " no_retain"},
                                                    {0x28, " no_wildcard"},
                                                    {0x29, " no_sub_ids"},
                                                    {0x2A, ""}};
  for (const auto& [id, line] : flags) {
    Conversation talk;
    for (unsigned value : {0u, 1u}) {
      talk.session().start(talk.now());
      talk.hear(connack(u8(id) + u8(value)));
      EXPECT_EQ(talk.heard(), Lines{value == 0 ? common + line : common}) << id;
    }
  }
}

TEST(Connect, ResumedSessionIsReported) {
  Options options = Conversation::default_options();
  options.clean_start = false;
  Conversation talk(options);
  talk.session().start(talk.now());
  talk.send();
  talk.hear(server::connack("", 1));
  EXPECT_EQ(talk.heard(),
            Lines{"connected max_packet=268435460 receive_max=4 keep_alive=60 present"});
}

TEST(Connect, EmptyClientIdNeedsAnAssignedOne) {
  Options options;
  Conversation with(options);
  with.session().start(with.now());
  with.hear(server::connack(server::u8(0x12) + server::text("auto-1")));
  EXPECT_TRUE(with.session().connected());
  Conversation without(options);
  without.session().start(without.now());
  without.hear(server::connack());
  EXPECT_EQ(without.heard(), Lines{closed(0x82)});
}

TEST(Connect, RefusalEndsWithoutAnotherByte) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  talk.said();
  talk.hear(server::connack("", 0, 0x87));
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{closed(0x87)});
  EXPECT_EQ(talk.said(), Lines{});
}

TEST(Connect, SilentServerIsGivenUpAtTheTimeout) {
  Conversation talk;
  talk.session().start(talk.now());
  EXPECT_EQ(talk.session().next_deadline(), talk.now() + seconds(10));
  talk.wait(milliseconds(9'999));
  EXPECT_EQ(talk.heard(), Lines{});
  talk.wait(milliseconds(1));
  EXPECT_EQ(talk.heard(), Lines{closed(0x88)});
  EXPECT_TRUE(talk.session().pending_output().empty());
  EXPECT_EQ(talk.session().next_deadline(), kNever);
}

TEST(Connect, NothingMayBeAskedBefore) {
  Conversation talk;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(talk.session().publish("a", {}, QoS::kAtMostOnce, talk.now()).status().code(),
              Code::kUnavailable);
    EXPECT_EQ(talk.session().subscribe("a", 0, talk.now()).status().code(), Code::kUnavailable);
    EXPECT_EQ(talk.session().unsubscribe("a", talk.now()).status().code(), Code::kUnavailable);
    talk.session().start(talk.now());
  }
}

TEST(Connect, StartForgetsTheLastConnection) {
  Conversation talk;
  talk.connect();
  ASSERT_TRUE(talk.session().subscribe("a", 0, talk.now()).ok());
  ASSERT_TRUE(talk.session().publish("t", as_bytes("x"), QoS::kAtLeastOnce, talk.now()).ok());
  talk.hear(server::publish0("half", "payload").substr(0, 9));
  talk.connect();
  EXPECT_EQ(talk.session().publish("t", {}, QoS::kAtLeastOnce, talk.now()).value(), 1);
  talk.send();
  EXPECT_EQ(talk.said(), Lines{"PUBLISH qos=1 id=1 topic=t payload="});
  talk.hear(server::suback(1, 0));  // of the first connection: unknown now
  EXPECT_EQ(talk.heard(), Lines{closed(0x82)});
}

TEST(Disconnect, OfTheClientIsSentAndHeardOnce) {
  Conversation talk;
  talk.connect();
  talk.session().disconnect(0, talk.now());
  talk.session().disconnect(0x80, talk.now());
  talk.send();
  talk.hear(server::pingresp());
  talk.wait(seconds(1000));
  EXPECT_EQ(talk.said(), Lines{"DISCONNECT reason=0"});
  EXPECT_EQ(talk.heard(), Lines{closed(0)});
}

TEST(Disconnect, KeepsControlPacketsAndDropsPublishes) {
  Conversation talk;
  talk.connect();
  talk.hear(server::publish1("t", 9, "x"));
  ASSERT_TRUE(talk.session().publish("t", as_bytes("x"), QoS::kAtMostOnce, talk.now()).ok());
  ASSERT_TRUE(talk.session().subscribe("s", 0, talk.now()).ok());
  talk.session().disconnect(0x80, talk.now());
  talk.send();
  EXPECT_EQ(talk.said(), (Lines{"PUBACK id=9", "DISCONNECT reason=128"}));
}

TEST(Disconnect, FinishesTheControlPacketInTransmission) {
  Conversation talk;
  talk.connect();
  ASSERT_TRUE(talk.session().subscribe("some/filter", 0, talk.now()).ok());
  talk.send_only(5);
  talk.session().disconnect(0, talk.now());
  talk.send();
  EXPECT_EQ(talk.said(), (Lines{"SUBSCRIBE id=1 filter=some/filter qos=1 no_local=0 rap=1 rh=0",
                                "DISCONNECT reason=0"}));
}

TEST(Disconnect, NothingFollowsAHalfSentPublish) {
  for (size_t sent : {1u, 7u, 12u}) {  // in the header, at its end, in the payload
    Conversation talk;
    talk.connect();
    ASSERT_TRUE(
        talk.session().publish("top", as_bytes("payload"), QoS::kAtMostOnce, talk.now()).ok());
    for (size_t i = 0; i < sent; ++i) talk.send_only(1);
    talk.session().disconnect(0, talk.now());
    EXPECT_TRUE(talk.session().pending_output().empty()) << sent;
    EXPECT_EQ(talk.heard(), Lines{closed(0)}) << sent;
  }
}

TEST(Disconnect, OfTheServerSilencesTheClient) {
  Conversation talk;
  talk.connect();
  ASSERT_TRUE(talk.session().subscribe("a", 0, talk.now()).ok());
  talk.hear(server::disconnect(0x8B));
  talk.send();
  EXPECT_EQ(talk.said(), Lines{});
  EXPECT_EQ(talk.heard(), Lines{closed(0x8B)});
}

TEST(Disconnect, OfTheServerMayLeaveOutItsReason) {
  Conversation talk;
  talk.connect();
  talk.hear(server::packet(0xE0, ""));
  EXPECT_EQ(talk.heard(), Lines{closed(0)});
}

TEST(Disconnect, ResetIsSilentAndAllowedInOnClosed) {
  Conversation talk;
  talk.connect();
  talk.reaction = [](Conversation& self, const std::string&) { self.session().reset(); };
  talk.hear(server::disconnect(0x8B) + server::pingresp() + server::pingresp());
  EXPECT_EQ(talk.heard(), Lines{closed(0x8B)});
  talk.reaction = nullptr;
  talk.connect();
  talk.session().reset();
  EXPECT_EQ(talk.heard(), Lines{});
  EXPECT_EQ(talk.session().next_deadline(), kNever);
}

}  // namespace
}  // namespace flotilla::mqtt
