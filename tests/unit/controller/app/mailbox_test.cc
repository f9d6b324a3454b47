#include "controller/app/mailbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace flotilla::controller::app {
namespace {

BrokerMessage message(const std::string& topic) {
  return {topic, "payload"};
}

TEST(Mailbox, KeepsTheOrderOfArrival) {
  Mailbox mailbox;
  for (const char* topic : {"a", "b", "c"}) EXPECT_TRUE(mailbox.push(message(topic)));
  const auto two = mailbox.take(2, 0);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(std::get<BrokerMessage>(two[0]).topic, "a");
  EXPECT_EQ(std::get<BrokerMessage>(two[1]).topic, "b");
  EXPECT_EQ(mailbox.take(2, 0).size(), 1u);
  EXPECT_TRUE(mailbox.take(2, 0).empty());
}

TEST(Mailbox, AFloodOfMessagesLeavesRoomForTheRest) {
  Mailbox mailbox({1, 2, 1});
  EXPECT_TRUE(mailbox.push(message("a")));
  EXPECT_TRUE(mailbox.push(message("b")));
  EXPECT_FALSE(mailbox.push(message("c")));
  EXPECT_TRUE(mailbox.push(Fact{Tick{}}));
  EXPECT_FALSE(mailbox.push(Fact{Tick{}}));
  EXPECT_TRUE(mailbox.push(std::make_unique<ApiCall>()));
  EXPECT_FALSE(mailbox.push(std::make_unique<ApiCall>()));
  const MailboxCounters counters = mailbox.counters();
  EXPECT_EQ(counters.refused_messages, 1u);
  EXPECT_EQ(counters.refused_facts, 1u);
  EXPECT_EQ(counters.refused_calls, 1u);
  EXPECT_EQ(counters.waiting, 4u);
}

TEST(Mailbox, RoomComesBackWhenMailIsTaken) {
  Mailbox mailbox({1, 1, 1});
  EXPECT_TRUE(mailbox.push(message("a")));
  EXPECT_FALSE(mailbox.push(message("b")));
  EXPECT_EQ(mailbox.take(1, 0).size(), 1u);
  EXPECT_TRUE(mailbox.push(message("c")));
}

TEST(Mailbox, AClosedOneRefusesAndStillGivesWhatItHas) {
  Mailbox mailbox;
  EXPECT_TRUE(mailbox.push(message("a")));
  mailbox.close();
  EXPECT_FALSE(mailbox.push(message("b")));
  EXPECT_EQ(mailbox.take(10, 1000).size(), 1u);
  EXPECT_TRUE(mailbox.take(10, 1000).empty()) << "a closed mailbox does not wait";
}

TEST(Mailbox, ManyProducersLoseNothing) {
  constexpr int kEach = 1000;
  Mailbox mailbox;
  std::vector<std::thread> producers;
  for (int i = 0; i < 4; ++i) {
    producers.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) EXPECT_TRUE(mailbox.push(message("x")));
    });
  }
  size_t taken = 0;
  while (taken < 4 * kEach) taken += mailbox.take(100, 1000).size();
  for (std::thread& producer : producers) producer.join();
  EXPECT_EQ(taken, 4u * kEach);
}

}  // namespace
}  // namespace flotilla::controller::app
