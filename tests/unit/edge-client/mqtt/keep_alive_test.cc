#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

TEST(KeepAlive, PingsAfterThreeQuartersOfSilence) {
  Conversation talk;
  talk.connect();
  EXPECT_EQ(talk.session().next_deadline(), talk.now() + seconds(45));
  talk.wait(milliseconds(44'999));
  talk.send();
  EXPECT_EQ(talk.said(), Lines{});
  talk.wait(milliseconds(1));
  talk.send();
  EXPECT_EQ(talk.said(), Lines{"PINGREQ"});
  talk.hear(server::pingresp());
  EXPECT_EQ(talk.session().next_deadline(), talk.now() + seconds(45));
}

TEST(KeepAlive, AnyOutputPostponesIt) {
  Conversation talk;
  talk.connect();
  for (int i = 0; i < 5; ++i) {
    talk.wait(seconds(40));
    ASSERT_TRUE(talk.session().publish("t", {}, QoS::kAtMostOnce, talk.now()).ok());
    talk.send();
  }
  for (const std::string& line : talk.said()) EXPECT_NE(line, "PINGREQ");
}

TEST(KeepAlive, InputAloneDoesNot) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(40));
  talk.hear(server::publish0("t", "x"));
  talk.wait(seconds(5));
  talk.send();
  EXPECT_EQ(talk.said(), Lines{"PINGREQ"});
}

TEST(KeepAlive, MissingAnswerEndsTheConnectionWithoutAnotherByte) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(45));
  talk.send();
  talk.wait(milliseconds(9'999));
  EXPECT_EQ(talk.heard(), Lines{});
  talk.wait(milliseconds(1));
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{closed(0x8D)});
  EXPECT_EQ(talk.said(), Lines{"PINGREQ"});
}

TEST(KeepAlive, StuckTransportEndsTheConnectionToo) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(56));  // PINGREQ is queued and never taken
  EXPECT_EQ(talk.heard(), Lines{closed(0x8D)});
  EXPECT_TRUE(talk.session().pending_output().empty());
}

TEST(KeepAlive, SlowTransportHasTimeAsLongAsItTakesBytes) {
  Conversation talk;
  talk.connect();
  const std::string payload(100, 'x');
  ASSERT_TRUE(talk.session().publish("t", as_bytes(payload), QoS::kAtMostOnce, talk.now()).ok());
  talk.wait(seconds(45));
  for (int i = 0; i < 17; ++i) {
    talk.send_only(6);
    talk.wait(seconds(9));
  }
  talk.send();
  talk.hear(server::pingresp());
  EXPECT_EQ(talk.heard(), Lines{"published 0 0"});
  EXPECT_EQ(talk.said().back(), "PINGREQ");
}

TEST(KeepAlive, AnswerMayQueueBehindALongBacklog) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(45));
  talk.send();
  const std::string backlog = server::publish0("drop", std::string(1000, 'x'));
  for (size_t at = 0; at < backlog.size(); at += 100) {
    talk.hear(backlog.substr(at, 100));
    talk.wait(seconds(9));
  }
  talk.hear(server::pingresp());
  EXPECT_EQ(talk.heard(), (Lines{"publish drop size=1000 qos=0", "dropped"}));
}

TEST(KeepAlive, ServerDecidesTheInterval) {
  Conversation talk;
  talk.connect(server::u8(0x13) + server::u16(8));
  EXPECT_EQ(talk.session().next_deadline(), talk.now() + seconds(6));
  talk.connect(server::u8(0x13) + server::u16(0));
  EXPECT_EQ(talk.session().next_deadline(), kNever);
}

TEST(KeepAlive, ZeroTurnsItOff) {
  Options options = Conversation::default_options();
  options.keep_alive_s = 0;
  Conversation talk(options);
  talk.connect();
  EXPECT_EQ(talk.session().next_deadline(), kNever);
}

TEST(KeepAlive, EarlyTickDoesNothing) {
  Conversation talk;
  talk.connect();
  talk.session().tick(talk.now());
  EXPECT_TRUE(talk.session().pending_output().empty());
}

TEST(KeepAlive, PingFitsWhenRequestsHaveFilledTheOutput) {
  Conversation talk;
  talk.connect();
  const std::string filter(30, 'f');
  while (talk.session().subscribe(filter, 0, talk.now()).ok()) {
  }
  const std::string topic(200, 't');
  while (talk.session().publish(topic, {}, QoS::kAtMostOnce, talk.now()).ok()) {
  }
  for (unsigned id = 1; id <= 16; ++id) talk.hear(server::publish1("t", id, ""));
  talk.heard();
  talk.session().tick(talk.session().next_deadline());
  talk.session().disconnect(0, talk.now());
  EXPECT_EQ(talk.heard(), Lines{closed(0)});
}

}  // namespace
}  // namespace flotilla::mqtt
