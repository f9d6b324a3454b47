// Each entry is a stream that a server may not send, and the reason that MQTT 5.0 gives for it.

#include "tests/unit/edge-client/mqtt/conversation.h"

namespace flotilla::mqtt {
namespace {

using namespace server;

constexpr unsigned kMalformed = 0x81;
constexpr unsigned kProtocolError = 0x82;

struct Refusal {
  const char* name;
  std::string bytes;
  unsigned reason;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (unsigned value : values) out += u8(value);
  return out;
}

/// A PUBLISH with these bytes as properties.
std::string publish_with(const std::string& props) {
  return publish0("t", "x", props);
}

class RefusedFirst : public testing::TestWithParam<Refusal> {};

TEST_P(RefusedFirst, ClosesWithItsReason) {
  Conversation talk;
  talk.session().start(talk.now());
  talk.send();
  talk.said();
  talk.hear(GetParam().bytes + pingresp());
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{closed(GetParam().reason)});
  EXPECT_EQ(talk.said(), Lines{"DISCONNECT reason=" + std::to_string(GetParam().reason)});
  EXPECT_FALSE(talk.session().connected());
}

std::vector<Refusal> refused_first() {
  const std::string text_id = u8(0x12) + text("\xC0\x80");
  return {
      {"pingresp before CONNACK", pingresp(), kProtocolError},
      {"disconnect before CONNACK", disconnect(0x8B), kProtocolError},
      {"publish before CONNACK", publish0("t", "x"), kProtocolError},
      {"AUTH before CONNACK", packet(0xF0, bytes({0x18, 0})), kProtocolError},
      {"flags", packet(0x21, bytes({0, 0, 0})), kMalformed},
      {"empty body", packet(0x20, ""), kMalformed},
      {"no properties", packet(0x20, bytes({0, 0})), kMalformed},
      {"reserved acknowledge flags", connack("", 2), kMalformed},
      {"reserved acknowledge flag 7", connack("", 0x80), kMalformed},
      {"session present after clean start", connack("", 1), kProtocolError},
      {"session present in a refusal", connack("", 1, 0x87), kProtocolError},
      {"unknown reason code", connack("", 0, 0x01), kProtocolError},
      {"reason code of another packet", connack("", 0, 0x8B), kProtocolError},
      {"trailing byte", packet(0x20, bytes({0, 0, 0, 0})), kMalformed},
      {"properties too long", packet(0x20, bytes({0, 0, 1})), kMalformed},
      {"property length not minimal", packet(0x20, bytes({0, 0, 0x80, 0})), kMalformed},
      {"property length of five bytes", packet(0x20, bytes({0, 0, 255, 255, 255, 255, 0})),
       kMalformed},
      {"property cut short", connack(u8(0x21) + u8(1)), kMalformed},
      {"property of nothing", connack(u8(0x21)), kMalformed},
      {"unknown property 0", connack(u8(0x00)), kMalformed},
      {"unknown property 0x7F", connack(u8(0x7F) + u8(0)), kMalformed},
      {"property id not minimal", connack(u8(0x93) + u8(0) + u16(5)), kMalformed},
      {"property of CONNECT", connack(u8(0x17) + u8(1)), kMalformed},
      {"property of PUBLISH", connack(u8(0x23) + u16(1)), kMalformed},
      {"receive maximum 0", connack(u8(0x21) + u16(0)), kProtocolError},
      {"receive maximum twice", connack(u8(0x21) + u16(1) + u8(0x21) + u16(1)), kProtocolError},
      {"maximum packet size 0", connack(u8(0x27) + u32(0)), kProtocolError},
      {"maximum packet size twice", connack(u8(0x27) + u32(9) + u8(0x27) + u32(9)), kProtocolError},
      {"maximum packet size of no use", connack(u8(0x27) + u32(3)), 0x95},
      {"maximum QoS 2", connack(u8(0x24) + u8(2)), kProtocolError},
      {"retain available 2", connack(u8(0x25) + u8(2)), kProtocolError},
      {"wildcard available 2", connack(u8(0x28) + u8(2)), kProtocolError},
      {"subscription ids available 2", connack(u8(0x29) + u8(2)), kProtocolError},
      {"shared available 255", connack(u8(0x2A) + u8(255)), kProtocolError},
      {"keep alive twice", connack(u8(0x13) + u16(5) + u8(0x13) + u16(5)), kProtocolError},
      {"reason string twice", connack(u8(0x1F) + text("") + u8(0x1F) + text("")), kProtocolError},
      {"assigned id not UTF-8", connack(text_id), kMalformed},
      {"user property half", connack(u8(0x26) + text("key")), kMalformed},
      {"response information not asked for", connack(u8(0x1A) + text("x")), kProtocolError},
      {"authentication method not asked for", connack(u8(0x15) + text("x")), kProtocolError},
      {"authentication data not asked for", connack(u8(0x16) + text("x")), kProtocolError},
      {"beyond the buffer", connack(u8(0x1F) + text(std::string(400, 'r'))), 0x97},
      {"beyond the maximum packet", packet(0x20, std::string(20'480, '\0')), 0x95},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedFirst, testing::ValuesIn(refused_first()));

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, ClosesWithItsReason) {
  Conversation talk;
  talk.connect();
  ASSERT_EQ(talk.session().subscribe("s", 0, talk.now()).value(), 1);
  ASSERT_EQ(talk.session().unsubscribe("u", talk.now()).value(), 2);
  ASSERT_EQ(talk.session().publish("p", {}, QoS::kAtLeastOnce, talk.now()).value(), 3);
  talk.send();
  talk.said();
  talk.hear(GetParam().bytes + pingresp());
  talk.send();
  EXPECT_EQ(talk.heard(), Lines{closed(GetParam().reason)});
  EXPECT_EQ(talk.said(), Lines{"DISCONNECT reason=" + std::to_string(GetParam().reason)});
}

std::vector<Refusal> refused_fixed_headers() {
  std::vector<Refusal> list = {
      {"type 0", packet(0x00, ""), kMalformed},
      {"type 0 with flags", packet(0x0F, ""), kMalformed},
      {"CONNECT", packet(0x10, text("MQTT")), kProtocolError},
      {"second CONNACK", connack(), kProtocolError},
      {"PUBREC", packet(0x50, u16(3)), kProtocolError},
      {"PUBREL", packet(0x62, u16(3)), kProtocolError},
      {"PUBCOMP", packet(0x70, u16(3)), kProtocolError},
      {"SUBSCRIBE", packet(0x82, u16(1)), kProtocolError},
      {"UNSUBSCRIBE", packet(0xA2, u16(1)), kProtocolError},
      {"PINGREQ", packet(0xC0, ""), kProtocolError},
      {"AUTH", packet(0xF0, bytes({0x18, 0})), kProtocolError},
      {"QoS 2", packet(0x34, text("t") + u16(1) + u8(0)), kProtocolError},
      {"QoS 3", packet(0x36, text("t") + u16(1) + u8(0)), kMalformed},
      {"DUP with QoS 0", packet(0x38, text("t") + u8(0)), kMalformed},
      {"remaining length of five bytes", bytes({0x30, 255, 255, 255, 255, 1}), kMalformed},
      {"remaining length 0 in two bytes", bytes({0xD0, 0x80, 0x00}), kMalformed},
      {"remaining length not minimal", bytes({0x40, 0x83, 0x80, 0x00, 0, 3, 0}), kMalformed},
      {"largest remaining length", bytes({0x30, 255, 255, 255, 127}), 0x95},
      {"one byte beyond the maximum packet", u8(0x30) + varint(20 * 1024 - 3), 0x95},
      {"body beyond the buffer", u8(0x90) + varint(385), 0x97},
  };
  for (unsigned type : {0x20u, 0x40u, 0x90u, 0xB0u, 0xD0u, 0xE0u}) {
    for (unsigned bit : {1u, 2u, 4u, 8u})
      list.push_back({"reserved flag", packet(type | bit, u16(3)), kMalformed});
  }
  return list;
}

INSTANTIATE_TEST_SUITE_P(FixedHeader, Refused, testing::ValuesIn(refused_fixed_headers()));

std::vector<Refusal> refused_publishes() {
  return {
      {"empty", packet(0x30, ""), kMalformed},
      {"one byte", packet(0x30, u8(0)), kMalformed},
      {"topic cut short", packet(0x30, u16(5) + "topi"), kMalformed},
      {"no property length", packet(0x30, text("t")), kMalformed},
      {"packet id cut short", packet(0x32, text("t") + u8(1)), kMalformed},
      {"QoS 1 without properties", packet(0x32, text("t") + u16(1)), kMalformed},
      {"properties beyond the packet", packet(0x30, text("t") + u8(1)), kMalformed},
      {"properties far beyond the packet", packet(0x30, text("t") + varint(268'435'455)),
       kMalformed},
      {"property length not minimal", packet(0x30, text("t") + bytes({0x80, 0x00})), kMalformed},
      {"property length of five bytes", packet(0x30, text("t") + bytes({128, 128, 128, 128, 1})),
       kMalformed},
      {"packet id 0", publish1("t", 0, "x"), kProtocolError},
      {"empty topic", publish0("", "x"), kProtocolError},
      {"empty topic with alias", publish0("", "x", u8(0x23) + u16(1)), 0x94},
      {"alias", publish_with(u8(0x23) + u16(1)), 0x94},
      {"alias 0", publish_with(u8(0x23) + u16(0)), 0x94},
      {"wildcard +", publish0("a/+", "x"), kMalformed},
      {"wildcard #", publish0("a#b", "x"), kMalformed},
      {"U+0000", publish0(std::string("a\0b", 3), "x"), kMalformed},
      {"overlong", publish0("\xC0\xAF", "x"), kMalformed},
      {"overlong of three", publish0("\xE0\x9F\xBF", "x"), kMalformed},
      {"surrogate", publish0("\xED\xA0\x80", "x"), kMalformed},
      {"beyond U+10FFFF", publish0("\xF4\x90\x80\x80", "x"), kMalformed},
      {"stray continuation", publish0("\x80", "x"), kMalformed},
      {"character cut short", publish0("\xE2\x82", "x"), kMalformed},
      {"format indicator 2", publish_with(u8(0x01) + u8(2)), kProtocolError},
      {"format indicator twice", publish_with(u8(0x01) + u8(1) + u8(0x01) + u8(1)), kProtocolError},
      {"expiry twice", publish_with(u8(0x02) + u32(1) + u8(0x02) + u32(1)), kProtocolError},
      {"expiry cut short", publish_with(u8(0x02) + u16(1)), kMalformed},
      {"content type not UTF-8", publish_with(u8(0x03) + text("\xFF")), kMalformed},
      {"response topic wildcard", publish_with(u8(0x08) + text("a/#")), kMalformed},
      {"response topic empty", publish_with(u8(0x08) + text("")), kProtocolError},
      {"correlation data twice", publish_with(u8(0x09) + text("") + u8(0x09) + text("")),
       kProtocolError},
      {"correlation data cut short", publish_with(u8(0x09) + u16(3) + "ab"), kMalformed},
      {"subscription id 0", publish_with(u8(0x0B) + u8(0)), kProtocolError},
      {"subscription id not minimal", publish_with(u8(0x0B) + bytes({0x81, 0x00})), kMalformed},
      {"subscription id of five bytes", publish_with(u8(0x0B) + bytes({255, 255, 255, 255, 1})),
       kMalformed},
      {"user property not UTF-8", publish_with(u8(0x26) + text("k") + text("\xFF")), kMalformed},
      {"property of CONNACK", publish_with(u8(0x21) + u16(1)), kMalformed},
      {"reason string", publish_with(u8(0x1F) + text("x")), kMalformed},
      {"header beyond the buffer", publish_with(u8(0x03) + text(std::string(400, 'c'))), 0x97},
  };
}

INSTANTIATE_TEST_SUITE_P(Publish, Refused, testing::ValuesIn(refused_publishes()));

std::vector<Refusal> refused_acknowledgements() {
  const std::string reason_string = properties(u8(0x1F) + text("why"));
  const std::string user_property = properties(u8(0x26) + text("k") + text("v"));
  return {
      {"PUBACK empty", packet(0x40, ""), kMalformed},
      {"PUBACK of one byte", packet(0x40, u8(0)), kMalformed},
      {"PUBACK id 0", puback(0), kProtocolError},
      {"PUBACK unknown id", puback(4), kProtocolError},
      {"PUBACK of the SUBSCRIBE", puback(1), kProtocolError},
      {"PUBACK unknown reason", puback(3, 0x01), kProtocolError},
      {"PUBACK reason of another packet", puback(3, 0x8F), kProtocolError},
      {"PUBACK reason beyond all", puback(3, 0xFF), kProtocolError},
      {"PUBACK trailing byte", packet(0x40, u16(3) + bytes({0, 0, 0})), kMalformed},
      {"PUBACK property length", packet(0x40, u16(3) + bytes({0, 1})), kMalformed},
      {"PUBACK reason string", packet(0x40, u16(3) + u8(0) + reason_string), kProtocolError},
      {"PUBACK user property", packet(0x40, u16(3) + u8(0) + user_property), kProtocolError},
      {"PUBACK property of PUBLISH", packet(0x40, u16(3) + bytes({0, 2, 0x01, 0})), kMalformed},
      {"SUBACK empty", packet(0x90, ""), kMalformed},
      {"SUBACK id only", packet(0x90, u16(1)), kMalformed},
      {"SUBACK id 0", suback(0, 0), kProtocolError},
      {"SUBACK unknown id", suback(9, 0), kProtocolError},
      {"SUBACK of the UNSUBSCRIBE", suback(2, 0), kProtocolError},
      {"SUBACK of the PUBLISH", suback(3, 0), kProtocolError},
      {"SUBACK without reason", packet(0x90, u16(1) + u8(0)), kProtocolError},
      {"SUBACK with two reasons", packet(0x90, u16(1) + bytes({0, 1, 1})), kProtocolError},
      {"SUBACK grants QoS 2", suback(1, 2), kProtocolError},
      {"SUBACK unknown reason", suback(1, 3), kProtocolError},
      {"SUBACK reason of another packet", suback(1, 0x90), kProtocolError},
      {"SUBACK reason string", packet(0x90, u16(1) + reason_string + u8(1)), kProtocolError},
      {"UNSUBACK of the SUBSCRIBE", unsuback(1, 0), kProtocolError},
      {"UNSUBACK without reason", packet(0xB0, u16(2) + u8(0)), kProtocolError},
      {"UNSUBACK reason of SUBACK", unsuback(2, 1), kProtocolError},
      {"UNSUBACK unknown property", packet(0xB0, u16(2) + bytes({1, 0x55, 0})), kMalformed},
      {"PINGRESP not asked for", pingresp(), kProtocolError},
      {"PINGRESP with a body", packet(0xD0, u8(0)), kMalformed},
      {"DISCONNECT of a client", disconnect(0x04), kProtocolError},
      {"DISCONNECT unknown reason", disconnect(0x01), kProtocolError},
      {"DISCONNECT reason of another packet", disconnect(0x91), kProtocolError},
      {"DISCONNECT session expiry", packet(0xE0, bytes({0x8B, 5, 0x11, 0, 0, 0, 1})),
       kProtocolError},
      {"DISCONNECT property of CONNACK", packet(0xE0, bytes({0x8B, 3, 0x21, 0, 1})), kMalformed},
      {"DISCONNECT trailing byte", packet(0xE0, bytes({0x8B, 0, 0})), kMalformed},
      {"DISCONNECT properties too long", packet(0xE0, bytes({0x8B, 9})), kMalformed},
  };
}

INSTANTIATE_TEST_SUITE_P(Acknowledgement, Refused, testing::ValuesIn(refused_acknowledgements()));

TEST(RefusedLater, SecondAnswerToOneRequest) {
  Conversation talk;
  talk.connect();
  ASSERT_TRUE(talk.session().subscribe("s", 0, talk.now()).ok());
  talk.send();
  talk.hear(suback(1, 1) + suback(1, 1));
  EXPECT_EQ(talk.heard(), (Lines{"subscribed 1 1", closed(kProtocolError)}));
}

TEST(RefusedLater, PingRespBeforePingReqWasSent) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(45));
  talk.hear(pingresp());
  EXPECT_EQ(talk.heard(), Lines{closed(kProtocolError)});
}

TEST(RefusedLater, SecondPingResp) {
  Conversation talk;
  talk.connect();
  talk.wait(seconds(45));
  talk.send();
  talk.hear(pingresp());
  EXPECT_EQ(talk.heard(), Lines{});
  talk.hear(pingresp());
  EXPECT_EQ(talk.heard(), Lines{closed(kProtocolError)});
}

/// All 256 reason codes in each packet that has one, against the tables of the specification.
TEST(ReasonCodes, OnlyThoseOfThePacketAreAccepted) {
  const std::string disconnects =
      "00 80 81 82 83 87 89 8B 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2 ";
  const std::string pubacks = "00 10 80 83 87 90 91 97 99 ";
  const std::string subacks = "00 01 80 83 87 8F 91 97 9E A1 A2 ";
  const std::string unsubacks = "00 11 80 83 87 8F 91 ";
  std::string seen[4];
  for (unsigned code = 0; code < 256; ++code) {
    char name[4];
    snprintf(name, sizeof name, "%02X ", code);
    const std::string packets[4] = {disconnect(code), packet(0x40, u16(3) + u8(code) + u8(0)),
                                    suback(1, code), unsuback(2, code)};
    for (int i = 0; i < 4; ++i) {
      Conversation talk;
      talk.connect();
      ASSERT_TRUE(talk.session().subscribe("s", 0, talk.now()).ok());
      ASSERT_TRUE(talk.session().unsubscribe("u", talk.now()).ok());
      ASSERT_TRUE(talk.session().publish("p", {}, QoS::kAtLeastOnce, talk.now()).ok());
      talk.send();
      talk.said();
      talk.hear(packets[i]);
      talk.send();
      if (talk.said().empty()) seen[i] += name;  // no DISCONNECT of ours
    }
  }
  EXPECT_EQ(seen[0], disconnects);
  EXPECT_EQ(seen[1], pubacks);
  EXPECT_EQ(seen[2], subacks);
  EXPECT_EQ(seen[3], unsubacks);
}

}  // namespace
}  // namespace flotilla::mqtt
