#include "simulator/load/swarm/packet_border.h"

#include <gtest/gtest.h>

#include <string>

namespace flotilla::sim {
namespace {

std::string packet(size_t length) {
  std::string out(1, '\x30');
  for (size_t rest = length;;) {
    const auto low = static_cast<char>(rest & 0x7F);
    rest >>= 7;
    out += static_cast<char>(rest == 0 ? low : low | '\x80');
    if (rest == 0) break;
  }
  return out + std::string(length, 'x');
}

TEST(PacketBorder, EveryPrefixEndsAtTheLastWholePacket) {
  const std::string stream = packet(0) + packet(5) + packet(127) + packet(128) + packet(20'000);
  std::vector<size_t> borders{0};
  for (const size_t length : {size_t{0}, size_t{5}, size_t{127}, size_t{128}, size_t{20000}}) {
    borders.push_back(borders.back() + packet(length).size());
  }
  size_t border = 0;
  for (size_t size = 0; size <= stream.size(); ++size) {
    while (border + 1 < borders.size() && borders[border + 1] <= size) ++border;
    ASSERT_EQ(whole_packets(as_bytes(stream).first(size)), borders[border]) << size;
  }
}

TEST(PacketBorder, WhatIsNoMqttGoesToTheSession) {
  const std::string endless = "\x30\xFF\xFF\xFF\xFF\x01";
  EXPECT_EQ(whole_packets(as_bytes(endless)), endless.size());
}

}  // namespace
}  // namespace flotilla::sim
