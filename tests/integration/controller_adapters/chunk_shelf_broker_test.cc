#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "controller/adapters/chunk_shelf.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/paho_transport.h"
#include "simulator/control/memory_artifacts.h"
#include "tests/support/adapter_keys.h"
#include "tests/support/adapter_mailbox.h"
#include "tests/support/adapter_mosquitto.h"
#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

using flotilla::testing::Mailbox;
using flotilla::testing::TransportEvent;
using ::testing::ElementsAre;
using Kind = Mailbox::Kind;

constexpr TransferId kTransfer = 0xabcdef0123456789;

/// The shelf with two real connections, driven by the test's thread as a loop would.
class ChunkShelfBrokerTest : public ::testing::Test {
 protected:
  ChunkShelfBrokerTest() {
    publisher_.start(publisher_box_.events());
    auditor_.start(auditor_box_.events());
  }
  ~ChunkShelfBrokerTest() override {
    publisher_.stop();
    auditor_.stop();
  }

  PahoTransport::Options options(const std::string& client_id) {
    PahoTransport::Options made;
    made.address = {
        .host = "127.0.0.1", .port = broker_.port(), .client_id = client_id, .tls = false};
    made.backoff = {milliseconds(50), milliseconds(100), milliseconds(200)};
    made.seed = 2;
    return made;
  }

  ShelfItem item() {
    Prng prng(5);
    const std::string image = flotilla::testing::random_bytes(prng, 700'000);
    const std::atomic<bool> go_on{false};
    const Payload payload =
        flotilla::testing::build_payload(hasher_, {}, as_bytes(image), {}, go_on).value();
    chunk_count_ = payload.manifest.chunk_count;
    const auto stored = store_payload(hasher_, artifacts_, kTransfer, payload).value();
    return {kTransfer, "hc1", artifacts_.open(stored.file).value(), "the offer"};
  }

  static MonoTime now() {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
  }

  void handle(const TransportEvent& event, bool publisher) {
    switch (event.kind) {
      case Kind::kConnected:
      case Kind::kLost:
        if (publisher) shelf_.on_publisher(event.kind == Kind::kConnected);
        if (!publisher) shelf_.on_auditor(event.kind == Kind::kConnected);
        break;
      case Kind::kMessage:
        shelf_.on_message(event.text, event.payload, event.flag);
        break;
      case Kind::kPublished:
        shelf_.on_published(event.token, event.flag, event.text);
        break;
    }
  }

  /// Runs the loop until `log_` has `count` lines, at most 60 s.
  bool run_until(size_t count, const std::function<void()>& each_turn = {}) {
    const MonoTime give_up = now() + seconds(60);
    while (log_.size() < count && now() < give_up) {
      if (each_turn) each_turn();
      for (const auto& event : publisher_box_.take(std::chrono::milliseconds(2))) {
        handle(event, true);
      }
      for (const auto& event : auditor_box_.take(std::chrono::milliseconds(2))) {
        handle(event, false);
      }
      shelf_.tick(now());
    }
    return log_.size() >= count;
  }

  /// Retained messages that a third connection sees below x/.
  size_t held() {
    Mailbox box;
    PahoTransport reader(options("flotilla.reader"));
    reader.start(box.events());
    EXPECT_TRUE(box.wait(Kind::kConnected));
    EXPECT_TRUE(reader.subscribe("plant/v1/x/#").ok());
    EXPECT_TRUE(reader.subscribe("end").ok());
    EXPECT_TRUE(reader.publish("end", as_bytes("x"), false, 1).ok());  // Mosquitto keeps the order
    size_t count = 0;
    for (bool ended = false; !ended;) {
      const auto events = box.take(std::chrono::seconds(10));
      if (events.empty()) break;
      for (const auto& event : events) {
        if (event.kind != Kind::kMessage) continue;
        if (event.text == "end") ended = true;
        if (event.text != "end" && event.flag) ++count;
      }
    }
    reader.stop();
    return count;
  }

  ChunkShelf::Events events() {
    return {.at_rest = [this](TransferId) { log_.push_back("at rest"); },
            .cleared = [this](TransferId) { log_.push_back("cleared"); },
            .swept = [this](const std::string&,
                            uint32_t count) { log_.push_back("swept " + std::to_string(count)); },
            .trouble = [this](TransferId, const std::string& why) { log_.push_back(why); }};
  }

  flotilla::testing::TemporaryFolder folder_;
  flotilla::testing::Mosquitto broker_{folder_.path()};
  MbedHasher hasher_;
  flotilla::sim::MemoryArtifacts artifacts_{hasher_};
  Topics topics_{"plant"};
  Mailbox publisher_box_;
  Mailbox auditor_box_;
  PahoTransport publisher_{options("flotilla.controller")};
  PahoTransport auditor_{options("flotilla.auditor")};
  std::vector<std::string> log_;
  ChunkShelf shelf_{topics_, hasher_, publisher_, auditor_, {}, events()};
  uint32_t chunk_count_ = 0;
};

TEST_F(ChunkShelfBrokerTest, PlacesAuditsAndClears) {
  ASSERT_TRUE(shelf_.place(item()).ok());
  ASSERT_TRUE(run_until(1));
  EXPECT_EQ(held(), chunk_count_ + 1);
  ASSERT_TRUE(shelf_.place(item()).ok());
  ASSERT_TRUE(run_until(2));
  shelf_.clear("hc1", kTransfer, chunk_count_);
  ASSERT_TRUE(run_until(3));
  EXPECT_EQ(held(), 0u);
  EXPECT_THAT(log_, ElementsAre("at rest", "at rest", "cleared"));
}

TEST_F(ChunkShelfBrokerTest, ABrokerThatForgotEverythingIsRefilled) {
  ASSERT_TRUE(shelf_.place(item()).ok());
  ASSERT_TRUE(run_until(1));
  broker_.kill_hard();
  broker_.start();
  EXPECT_EQ(held(), 0u);
  ASSERT_TRUE(shelf_.place(item()).ok());
  ASSERT_TRUE(run_until(2));
  EXPECT_EQ(held(), chunk_count_ + 1);
}

TEST_F(ChunkShelfBrokerTest, ABrokerThatDiesInBetweenIsRefilled) {
  ASSERT_TRUE(shelf_.place(item()).ok());
  int turns = 0;
  ASSERT_TRUE(run_until(1, [&] {
    if (++turns != 150 && turns != 400) return;
    broker_.kill_hard();
    broker_.start();
  }));
  EXPECT_EQ(log_.back(), "at rest");
  EXPECT_EQ(held(), chunk_count_ + 1);
}

TEST_F(ChunkShelfBrokerTest, SweepsOrphans) {
  ASSERT_TRUE(shelf_.place(item()).ok());
  ASSERT_TRUE(run_until(1));
  shelf_.sweep("hc1", [](TransferId) { return false; });
  ASSERT_TRUE(run_until(2));
  EXPECT_EQ(log_.back(), "swept 1");
  EXPECT_EQ(held(), 0u);
}

}  // namespace
}  // namespace flotilla::controller
