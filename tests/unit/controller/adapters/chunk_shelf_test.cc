#include "controller/adapters/chunk_shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "simulator/control/memory_artifacts.h"
#include "tests/support/adapter_fake_broker.h"
#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::FakeBroker;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TransferId kOne = 0x1111222233334444;
constexpr TransferId kTwo = 0x5555666677778888;

class ChunkShelfTest : public ::testing::Test {
 protected:
  ChunkShelfTest() {
    shelf_.on_publisher(true);
    shelf_.on_auditor(true);
  }

  ShelfItem item(TransferId transfer) {
    Prng prng(transfer);
    const std::string image = flotilla::testing::random_bytes(prng, 22'000);
    const std::atomic<bool> go_on{false};
    const PayloadLimits limits{.chunk_max = 800, .erase_unit = 512};
    const Payload payload =
        flotilla::testing::build_payload(hasher_, {}, as_bytes(image), limits, go_on).value();
    chunk_count_ = payload.manifest.chunk_count;
    const auto stored = store_payload(hasher_, artifacts_, transfer, payload).value();
    return {transfer, "hc1", artifacts_.open(stored.file).value(), "the offer"};
  }

  ChunkShelf::Events events() {
    return {.at_rest = [this](TransferId id) { log_.push_back("at rest " + name(id)); },
            .cleared = [this](TransferId id) { log_.push_back("cleared " + name(id)); },
            .swept =
                [this](const std::string& hardware_class, uint32_t count) {
                  log_.push_back("swept " + hardware_class + " " + std::to_string(count));
                },
            .trouble =
                [this](TransferId id, const std::string& reason) {
                  log_.push_back("trouble " + name(id) + ": " + reason);
                }};
  }

  static std::string name(TransferId id) { return id == kOne ? "one" : id == kTwo ? "two" : "?"; }

  /// Hands over what the broker has for the shelf; true if there was something.
  bool deliver() {
    bool any = false;
    for (; !auditor_.messages.empty(); auditor_.messages.pop_front()) {
      const FakeBroker::Delivered message = auditor_.messages.front();
      shelf_.on_message(message.topic, message.payload, message.retained);
      any = true;
    }
    while (!publisher_.answers.empty()) {
      const FakeBroker::Published answer = publisher_.answers.front();
      publisher_.answers.pop_front();
      EXPECT_TRUE(shelf_.on_published(answer.token, answer.ok, answer.reason));
      any = true;
    }
    return any;
  }

  /// One turn of the loop: deliver, tick; time moves only when nothing happened.
  void turn() {
    const bool any = deliver();
    const MonoTime due = shelf_.next_deadline();
    if (!any && due != kNever && due > now_) now_ = due;
    shelf_.tick(now_);
  }

  void run(int turns = 2000) {
    for (int i = 0; i < turns && shelf_.queued() > 0; ++i) turn();
  }

  /// Runs until something was logged.
  void run_until_event() {
    for (int i = 0; i < 2000 && log_.empty(); ++i) turn();
  }

  void lose_broker(bool forget) {
    publisher_.up = auditor_.up = false;
    shelf_.on_publisher(false);
    shelf_.on_auditor(false);
    publisher_.answers.clear();
    auditor_.messages.clear();
    auditor_.filters.clear();
    if (forget) broker_.retained.clear();
  }

  void find_broker() {
    publisher_.up = auditor_.up = true;
    shelf_.on_publisher(true);
    shelf_.on_auditor(true);
  }

  std::string chunk_topic(TransferId transfer, uint32_t index) const {
    return std::string(topics_.chunk("hc1", transfer, index).view());
  }
  std::string offer_topic(TransferId transfer) const {
    return std::string(topics_.offer("hc1", transfer).view());
  }

  MbedHasher hasher_;
  flotilla::sim::MemoryArtifacts artifacts_{hasher_};
  Topics topics_{"plant"};
  FakeBroker broker_;
  FakeBroker::Connection publisher_{broker_};
  FakeBroker::Connection auditor_{broker_};
  std::vector<std::string> log_;
  ChunkShelf shelf_{topics_, hasher_, publisher_, auditor_, {}, events()};
  MonoTime now_{1000};
  uint32_t chunk_count_ = 0;
};

TEST_F(ChunkShelfTest, AnEmptyBrokerIsFilledWithinASecond) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  ASSERT_GT(chunk_count_, 2 * kGroupSize);
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one"));
  EXPECT_EQ(broker_.retained.size(), chunk_count_ + 1);
  EXPECT_EQ(broker_.publishes, chunk_count_ + 1);
  EXPECT_THAT(auditor_.filters, IsEmpty()) << "every subscription was given back";
  EXPECT_LE(now_.ms, 2000) << "only the first question may wait for silence";
}

TEST_F(ChunkShelfTest, WhatIsAtRestIsNotSentAgain) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  const uint32_t before = broker_.publishes;
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one", "at rest one"));
  EXPECT_EQ(broker_.publishes, before);
}

TEST_F(ChunkShelfTest, MissingAndWrongChunksAreRepaired) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  const auto full = broker_.retained;
  broker_.retained.erase(chunk_topic(kOne, 0));
  broker_.retained.erase(chunk_topic(kOne, 17));
  broker_.retained[chunk_topic(kOne, 20)] = "something else";
  const uint32_t before = broker_.publishes;
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  EXPECT_EQ(broker_.retained, full);
  EXPECT_EQ(broker_.publishes, before + 3);
}

TEST_F(ChunkShelfTest, ANewOfferReplacesTheOldOneAlone) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  const uint32_t before = broker_.publishes;
  ShelfItem renewed = item(kOne);
  renewed.offer = "the offer with a later expiry";
  ASSERT_TRUE(shelf_.place(std::move(renewed)).ok());
  run();
  EXPECT_EQ(broker_.publishes, before + 1);
  EXPECT_EQ(broker_.retained[offer_topic(kOne)], "the offer with a later expiry");
}

TEST_F(ChunkShelfTest, TheOfferComesAfterTheLastChunk) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  while (shelf_.queued() > 0) {
    turn();
    if (broker_.retained.contains(offer_topic(kOne))) {
      ASSERT_EQ(broker_.retained.size(), chunk_count_ + 1);
    }
  }
}

TEST_F(ChunkShelfTest, NoMoreInFlightThanTheWindow) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  for (int i = 0; i < 500 && shelf_.queued() > 0; ++i) {
    turn();
    ASSERT_LE(publisher_.answers.size(), ShelfOptions().window);
  }
  EXPECT_THAT(log_, SizeIs(1));
}

TEST_F(ChunkShelfTest, AFullTransportOnlySlowsItDown) {
  publisher_.max_in_flight = 3;
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one"));
}

TEST_F(ChunkShelfTest, ALostBrokerAtAnyMomentIsRefilled) {
  for (int moment = 0; moment < 60; ++moment) {
    SCOPED_TRACE(moment);
    log_.clear();
    ASSERT_TRUE(shelf_.place(item(kOne)).ok());
    run(moment);
    lose_broker(true);
    for (int i = 0; i < 3; ++i) turn();
    find_broker();
    if (shelf_.queued() == 0) {
      ASSERT_TRUE(shelf_.place(item(kOne)).ok());  // the owner places again after a reconnection
    }
    run();
    EXPECT_EQ(log_.back(), "at rest one");
    EXPECT_EQ(broker_.retained.size(), chunk_count_ + 1);
    broker_.retained.clear();
  }
}

TEST_F(ChunkShelfTest, LateAnswersOfALostConnectionAreNoRefusals) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  while (publisher_.answers.empty()) turn();
  const auto in_flight = publisher_.answers;
  lose_broker(true);
  for (const auto& answer : in_flight) {
    EXPECT_TRUE(shelf_.on_published(answer.token, false, "the connection was lost"));
  }
  find_broker();
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one"));
}

TEST_F(ChunkShelfTest, TransfersQueueUpOneAfterAnother) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  ASSERT_TRUE(shelf_.place(item(kTwo)).ok());
  EXPECT_EQ(shelf_.queued(), 2u);
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one", "at rest two"));
}

TEST_F(ChunkShelfTest, ARefusalIsToldAndTheQueueGoesOn) {
  broker_.forbidden.insert(chunk_topic(kOne, 2));
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  ASSERT_TRUE(shelf_.place(item(kTwo)).ok());
  for (int i = 0; i < 500 && log_.size() < 2; ++i) turn();
  EXPECT_THAT(log_, ElementsAre("trouble one: chunk refused: not authorized", "at rest two"));
  broker_.forbidden.clear();
  run();
  EXPECT_EQ(log_.back(), "at rest one");
}

TEST_F(ChunkShelfTest, RefusalsAreTriedAgainEverMoreRarelyUntilAskedAnew) {
  broker_.forbidden.insert(chunk_topic(kOne, 2));
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  std::vector<int64_t> refused_at;
  for (int i = 0; i < 5000 && refused_at.size() < 9; ++i) {
    const size_t before = log_.size();
    turn();
    if (log_.size() > before) refused_at.push_back(now_.ms);
  }
  ASSERT_EQ(refused_at.size(), 9u);
  const auto gap = [&](size_t i) { return refused_at[i] - refused_at[i - 1]; };
  EXPECT_GE(gap(1), 5000);
  EXPECT_GE(gap(2), 10'000);
  EXPECT_GE(gap(8), 300'000);
  EXPECT_LT(gap(8), 320'000) << "bounded";
  broker_.forbidden.clear();
  const MonoTime asked = now_;
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  EXPECT_EQ(log_.back(), "at rest one");
  EXPECT_LT((now_ - asked).ms, 5000);
}

TEST_F(ChunkShelfTest, ABrokerThatKeepsNothingIsSeen) {
  broker_.lossy.insert(chunk_topic(kOne, 5));
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run_until_event();
  EXPECT_THAT(log_, ElementsAre(HasSubstr("does not keep the chunks")));
}

TEST_F(ChunkShelfTest, ClearingLeavesNothingAndTakesTheOfferFirst) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  shelf_.clear("hc1", kOne, chunk_count_);
  shelf_.tick(now_);
  EXPECT_FALSE(broker_.retained.contains(offer_topic(kOne)));
  EXPECT_TRUE(broker_.retained.contains(chunk_topic(kOne, 0)));
  run();
  EXPECT_THAT(broker_.retained, IsEmpty());
  EXPECT_EQ(log_.back(), "cleared one");
}

TEST_F(ChunkShelfTest, TheNewestWishForATransferWins) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  for (int i = 0; i < 5; ++i) turn();
  shelf_.clear("hc1", kOne, chunk_count_);
  EXPECT_EQ(shelf_.queued(), 1u);
  run();
  EXPECT_THAT(log_, ElementsAre("cleared one"));
  EXPECT_THAT(broker_.retained, IsEmpty());
}

TEST_F(ChunkShelfTest, SweepClearsOrphansAndLeavesTheRest) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  ASSERT_TRUE(shelf_.place(item(kTwo)).ok());
  run();
  const std::string foreign = "plant/v1/c/hc1/pose/dir";
  broker_.retained[foreign] = "directive";
  log_.clear();
  shelf_.sweep("hc1", [](TransferId id) { return id == kTwo; });
  run();
  EXPECT_THAT(log_, ElementsAre("swept hc1 1"));
  EXPECT_EQ(broker_.retained.size(), chunk_count_ + 2);
  EXPECT_TRUE(broker_.retained.contains(offer_topic(kTwo)));
  EXPECT_TRUE(broker_.retained.contains(foreign));
}

TEST_F(ChunkShelfTest, SweepFindsWhatAnInterruptedClearingLeft) {
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  run();
  broker_.retained.erase(offer_topic(kOne));
  broker_.retained.erase(chunk_topic(kOne, chunk_count_ - 1));
  shelf_.sweep("hc1", [](TransferId) { return false; });
  run();
  EXPECT_THAT(broker_.retained, IsEmpty());
}

TEST_F(ChunkShelfTest, DamagedOrForeignPayloadFilesAreRefused) {
  ShelfItem wrong = item(kOne);
  wrong.transfer = kTwo;
  EXPECT_EQ(shelf_.place(std::move(wrong)).code(), Code::kDataLoss);
  ShelfItem damaged = item(kOne);
  damaged.payload = artifacts_.open(artifacts_.add("no payload file")).value();
  EXPECT_EQ(shelf_.place(std::move(damaged)).code(), Code::kDataLoss);
  EXPECT_EQ(shelf_.queued(), 0u);
}

TEST_F(ChunkShelfTest, TokensOfOthersAreLeftAlone) {
  EXPECT_FALSE(shelf_.on_published(17, true, ""));
}

TEST_F(ChunkShelfTest, NothingIsPublishedWhileOneConnectionIsAway) {
  shelf_.on_auditor(false);
  ASSERT_TRUE(shelf_.place(item(kOne)).ok());
  for (int i = 0; i < 10; ++i) turn();
  EXPECT_EQ(broker_.publishes, 0u);
  EXPECT_EQ(shelf_.next_deadline(), kNever);
  shelf_.on_auditor(true);
  run();
  EXPECT_THAT(log_, ElementsAre("at rest one"));
}

}  // namespace
}  // namespace flotilla::controller
