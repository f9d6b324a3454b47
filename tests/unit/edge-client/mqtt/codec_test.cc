#include <gtest/gtest.h>

#include "edge-client/mqtt/codec/packet_encoder.h"
#include "edge-client/mqtt/codec/packet_framer.h"
#include "edge-client/mqtt/codec/reader.h"
#include "edge-client/mqtt/codec/text.h"
#include "tests/unit/edge-client/mqtt/reference_client_packets.h"
#include "tests/unit/edge-client/mqtt/server_packets.h"

namespace flotilla::mqtt {
namespace {

std::string encoded_varint(uint32_t value) {
  uint8_t buffer[5];
  Writer writer(buffer);
  writer.varint(value);
  return std::string(as_text(Bytes(buffer).first(writer.size())));
}

TEST(Varint, BoundariesOfTheSpecification) {
  for (uint32_t value :
       {0u, 1u, 127u, 128u, 16'383u, 16'384u, 2'097'151u, 2'097'152u, kMaxVarint}) {
    const std::string bytes = server::varint(value);
    EXPECT_EQ(encoded_varint(value), bytes) << value;
    EXPECT_EQ(varint_size(value), bytes.size()) << value;
    Reader reader(as_bytes(bytes));
    EXPECT_EQ(reader.varint(), value);
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(reader.left(), 0u);
  }
}

TEST(Varint, RefusesLongAndPaddedForms) {
  for (std::string_view bytes :
       {std::string_view("\x80\x00", 2), std::string_view("\xFF\x80\x00", 3),
        std::string_view("\xFF\xFF\xFF\x80", 4), std::string_view("\x80", 1),
        std::string_view("", 0)}) {
    Reader reader(as_bytes(bytes));
    EXPECT_EQ(reader.varint(), 0u);
    EXPECT_TRUE(reader.failed());
  }
}

TEST(Reader, StaysFailed) {
  Reader reader(
      as_bytes(std::string_view("\x00\x05"
                                "abc\x01",
                                6)));
  EXPECT_TRUE(reader.binary().empty());
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_EQ(reader.left(), 0u);
}

TEST(Writer, StaysOverflowedAndKeepsItsBuffer) {
  uint8_t buffer[6] = {0, 0, 0, 0, 0, 0xEE};
  Writer writer(MutableBytes(buffer).first(5));
  writer.u32(1);
  writer.u16(2);
  EXPECT_TRUE(writer.overflowed());
  writer.u8(3);
  writer.text("x");
  EXPECT_EQ(writer.size(), 4u);
  EXPECT_EQ(buffer[4], 0);
  EXPECT_EQ(buffer[5], 0xEE);
}

/// The definition: encode a scalar value by the table of RFC 3629.
std::string utf8(uint32_t c) {
  using server::u8;
  if (c < 0x80) return u8(c);
  if (c < 0x800) return u8(0xC0 | c >> 6) + u8(0x80 | (c & 63));
  if (c < 0x10000) return u8(0xE0 | c >> 12) + u8(0x80 | (c >> 6 & 63)) + u8(0x80 | (c & 63));
  return u8(0xF0 | c >> 18) + u8(0x80 | (c >> 12 & 63)) + u8(0x80 | (c >> 6 & 63)) +
         u8(0x80 | (c & 63));
}

TEST(Text, EveryScalarValueButZeroIsValid) {
  for (uint32_t c = 0; c < 0x200000; ++c) {
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    const bool expected = c != 0 && c <= 0x10FFFF && !surrogate;
    ASSERT_EQ(is_valid_text(as_bytes(utf8(c))), expected) << c;
  }
}

TEST(Text, EverySequenceOfThreeBytesIsValidOnlyIfItDecodesToValues) {
  // What follows from the test above by counting: all valid sequences are encodings of values.
  size_t valid = 0;
  uint8_t text[2];
  for (unsigned word = 0; word < 0x10000; ++word) {
    text[0] = static_cast<uint8_t>(word >> 8);
    text[1] = static_cast<uint8_t>(word);
    valid += is_valid_text(text);
  }
  EXPECT_EQ(valid, 127u * 127u + (0x800u - 0x80u));  // two ASCII, or one character of two bytes
  valid = 0;
  uint8_t three[3];
  for (unsigned word = 0; word < 0x1000000; ++word) {
    three[0] = static_cast<uint8_t>(word >> 16);
    three[1] = static_cast<uint8_t>(word >> 8);
    three[2] = static_cast<uint8_t>(word);
    valid += is_valid_text(three);
  }
  const unsigned two = 0x800 - 0x80;
  EXPECT_EQ(valid, 127u * 127u * 127u + 2u * 127u * two + (0x10000u - 0x800u - 0x800u));
}

TEST(Text, TopicsHaveOneTo65535Bytes) {
  const std::string longest(65'535, 't');
  for (auto* check : {&is_topic_name, &is_topic_filter}) {
    EXPECT_FALSE(check({}));
    EXPECT_TRUE(check(as_bytes(longest)));
    EXPECT_FALSE(check(as_bytes(longest + "t")));
  }
}

TEST(Encoder, SubscriptionIdTakesAsManyBytesAsItNeeds) {
  for (uint32_t id : {0u, 1u, 127u, 128u, 16'384u, 2'097'152u, kMaxVarint}) {
    uint8_t buffer[64];
    Writer writer(buffer);
    encode_subscribe(writer, {"filter/+", id, 65'535});
    const std::string sub_id = id == 0 ? "" : " sub_id=" + std::to_string(id);
    EXPECT_EQ(read_client_packets(std::string(as_text(Bytes(buffer).first(writer.size())))),
              std::vector<std::string>{"SUBSCRIBE id=65535" + sub_id +
                                       " filter=filter/+ qos=1 no_local=0 rap=1 rh=0"});
  }
}

TEST(Encoder, PublishLengthCrossesEachSizeOfItsField) {
  for (uint32_t payload : {0u, 121u, 122u, 16'377u, 16'378u, 2'097'145u, 2'097'146u}) {
    uint8_t buffer[64];
    Writer writer(buffer);
    encode_publish_header(writer, {"top", payload, 0});
    std::string bytes(as_text(Bytes(buffer).first(writer.size())));
    bytes.append(payload, 'p');
    EXPECT_EQ(
        read_client_packets(bytes),
        std::vector<std::string>{"PUBLISH qos=0 topic=top payload=" + std::string(payload, 'p')});
  }
}

TEST(Encoder, SizesAreWhatTheQueueHoldsBack) {
  uint8_t buffer[64];
  Writer puback(buffer);
  encode_puback(puback, 1);
  EXPECT_EQ(puback.size(), kPubAckSize);
  Writer pingreq(buffer);
  encode_pingreq(pingreq);
  EXPECT_EQ(pingreq.size(), kPingReqSize);
  Writer disconnect(buffer);
  encode_disconnect(disconnect, 0x81);
  EXPECT_EQ(disconnect.size(), kDisconnectSize);
}

TEST(Framer, CutsPacketsAndLeavesThePayloadInTheStream) {
  PacketFramer framer(1000);
  const std::string stream =
      server::publish1("t", 9, "payload", server::u8(1) + server::u8(0)) + server::pingresp();
  Bytes in = as_bytes(stream);
  EXPECT_EQ(framer.feed(in), PacketFramer::Event::kPublishHeader);
  EXPECT_EQ(framer.type(), PacketType::kPublish);
  EXPECT_EQ(framer.flags(), 2);
  EXPECT_EQ(framer.header().size(), 2u + 1 + 2 + 1 + 2);
  EXPECT_EQ(framer.payload_size(), 7u);
  EXPECT_EQ(as_text(in.first(7)), "payload");
  in = in.subspan(7);
  EXPECT_EQ(framer.feed(in), PacketFramer::Event::kPacket);
  EXPECT_EQ(framer.type(), PacketType::kPingResp);
  EXPECT_TRUE(framer.header().empty());
  EXPECT_EQ(framer.feed(in), PacketFramer::Event::kNone);
}

}  // namespace
}  // namespace flotilla::mqtt
