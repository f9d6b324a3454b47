#include "controller/app/loop.h"

#include <gtest/gtest.h>

#include <thread>

#include "controller/app/loop_caller.h"
#include "tests/unit/controller/api/api_world.h"
#include "tests/unit/controller/app/attested_report.h"

namespace flotilla::controller::app {
namespace {

/// Writes down what happened, in order.
class Journal final : public Outlets {
 public:
  explicit Journal(testing::MemoryStore& store) : store_(store) {}

  void connected(const ControlPlane&) override { lines.push_back("connected"); }
  void perform(const Effect& effect) override {
    lines.push_back("effect " + std::to_string(effect.index()));
    rows_at_effect = store_.rows.size();
  }
  void settle(const ControlPlane&, MonoTime) override { ++settled; }

  std::vector<std::string> lines;
  size_t rows_at_effect = 0;
  int settled = 0;

 private:
  testing::MemoryStore& store_;
};

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() { EXPECT_TRUE(loop.load().ok()); }

  std::future<api::Response> ask(const std::string& method, const std::string& path,
                                 const std::string& body = "") {
    auto call = std::make_unique<ApiCall>();
    call->request.method = method;
    call->request.path = path;
    call->request.body = body;
    call->request.authorization = "Bearer " + world.tokens["admin"];
    auto reply = call->reply.get_future();
    EXPECT_TRUE(mailbox.push(std::move(call)));
    return reply;
  }

  static bool is_ready(const std::future<api::Response>& reply) {
    return reply.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  std::future<api::Response> enrol(const std::string& id) {
    return ask("POST", "/api/v1/devices",
               R"({"certificate":"CERT )" + id + R"(","hardware_class":"cam"})");
  }

  void pass(Duration span) { now = now + span; }

  testing::ApiWorld world;
  Topics topics{"p"};
  testing::FakeVerifier verifier;
  Mailbox mailbox;
  Intake intake{Intake::Parts{
      topics, world.hasher, verifier, [](const std::function<void()>&) { return false; },
      [](const Mail&) { return false; }, [](const std::string&, const char*) {}}};
  Journal journal{world.store};
  MonoTime now{1'000'000};
  std::vector<std::string> complaints;
  Loop loop{LoopParts{world.store, world.hasher, mailbox, *world.api, intake, journal,
                      ControlPlaneConfig{}, [] { return WallTime{1'800'000'000'000}; },
                      [this] { return now; },
                      [this](const char* event, const char* reason) {
                        complaints.push_back(std::string(event) + ": " + reason);
                      }}};
};

TEST_F(LoopTest, CommitsBeforeEffectsAndReplies) {
  const size_t rows = world.store.rows.size();
  auto reply = enrol("d1");
  EXPECT_FALSE(is_ready(reply));
  EXPECT_TRUE(loop.turn(0));
  ASSERT_TRUE(is_ready(reply));
  EXPECT_EQ(reply.get().status, 201);
  EXPECT_FALSE(journal.lines.empty());
  EXPECT_GT(journal.rows_at_effect, rows) << "an effect ran before the commit";
  EXPECT_EQ(journal.settled, 1);
}

TEST_F(LoopTest, ManyStepsMakeOneCommit) {
  EXPECT_TRUE(loop.turn(0) || true);
  const uint64_t before = loop.counters().commits;
  std::vector<std::future<api::Response>> replies;
  for (int i = 0; i < 50; ++i) replies.push_back(enrol("d" + std::to_string(i)));
  EXPECT_TRUE(loop.turn(0));
  for (auto& reply : replies) EXPECT_EQ(reply.get().status, 201);
  EXPECT_EQ(loop.counters().commits, before + 1);
  EXPECT_EQ(loop.plane()->devices().size(), 50u);
}

TEST_F(LoopTest, VersionsOfOneTurnGetDifferentNumbers) {
  EXPECT_EQ(
      [&] {
        auto reply = enrol("d1");
        loop.turn(0);
        return reply.get().status;
      }(),
      201);
  const auto push = [&](const std::string& text) {
    const std::string image = world.store_artifact(text);
    return ask("POST", "/api/v1/models/pose/versions",
               R"({"variants":[{"hardware_class":"cam","image":")" + image + R"("}]})");
  };
  auto first = push("a");
  auto second = push("b");
  loop.turn(0);
  EXPECT_EQ(nlohmann::json::parse(first.get().body)["version"], 1);
  EXPECT_EQ(nlohmann::json::parse(second.get().body)["version"], 2);
}

TEST_F(LoopTest, AFailedCommitChangesNothingAndSaysSo) {
  world.store.full = true;
  auto command = enrol("d1");
  auto query = ask("GET", "/api/v1/devices");
  loop.turn(0);
  const api::Response refused = command.get();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("the disk is full"), std::string::npos) << refused.body;
  const api::Response list = query.get();
  EXPECT_EQ(list.status, 200) << "queries are answered on a full disk";
  EXPECT_EQ(nlohmann::json::parse(list.body)["devices"].size(), 0u)
      << "what was not stored must not be seen";
  EXPECT_TRUE(journal.lines.empty()) << journal.lines[0];
  EXPECT_EQ(loop.counters().failed_commits, 1u);
  ASSERT_FALSE(complaints.empty());
}

TEST_F(LoopTest, AfterThePauseEverythingGoesOn) {
  world.store.full = true;
  auto lost = enrol("d1");
  loop.turn(0);
  EXPECT_EQ(lost.get().status, 503);
  world.store.full = false;
  auto early = enrol("d1");
  loop.turn(0);
  EXPECT_EQ(early.get().status, 503) << "the pause is not over";
  pass(Loop::kPause);
  auto again = enrol("d1");
  loop.turn(0);
  EXPECT_EQ(again.get().status, 201);
  EXPECT_EQ(loop.plane()->devices().size(), 1u);
}

TEST_F(LoopTest, FactsSurviveAFailedCommitAndThePause) {
  EXPECT_TRUE(mailbox.push(Fact{BrokerConnected{}}));
  loop.turn(0);
  EXPECT_EQ(journal.lines.front(), "connected");
  journal.lines.clear();

  world.store.full = true;
  auto command = enrol("d1");
  loop.turn(0);
  EXPECT_EQ(command.get().status, 503);
  EXPECT_TRUE(mailbox.push(Fact{BrokerLost{}}));
  EXPECT_TRUE(mailbox.push(Fact{BrokerConnected{}}));
  loop.turn(0);
  EXPECT_TRUE(journal.lines.empty());

  world.store.full = false;
  pass(Loop::kPause);
  loop.turn(0);
  EXPECT_EQ(std::count(journal.lines.begin(), journal.lines.end(), "connected"), 1);
}

TEST_F(LoopTest, AReloadedPlaneIsToldOfTheConnection) {
  EXPECT_TRUE(mailbox.push(Fact{BrokerConnected{}}));
  loop.turn(0);
  world.store.full = true;
  auto command = enrol("d1");
  loop.turn(0);
  world.store.full = false;
  journal.lines.clear();
  pass(Loop::kPause);
  loop.turn(0);
  EXPECT_EQ(std::count(journal.lines.begin(), journal.lines.end(), "connected"), 1);
}

TEST_F(LoopTest, TicksOncePerInterval) {
  loop.turn(0);
  const uint64_t before = loop.counters().steps;
  loop.turn(0);
  EXPECT_EQ(loop.counters().steps, before);
  pass(Loop::kTickInterval);
  loop.turn(0);
  EXPECT_EQ(loop.counters().steps, before + 1);
}

TEST_F(LoopTest, ExecuteIsDurableWhenItReturns) {
  EnrolDevice command;
  command.id = "d1";
  command.hardware_class = "cam";
  command.public_key = testing::fake_key(1);
  EXPECT_TRUE(loop.execute(command, {"controller", "controller"}).ok());
  world.store.full = true;
  command.id = "d2";
  EXPECT_FALSE(loop.execute(command, {"controller", "controller"}).ok());
}

TEST_F(LoopTest, AStoppedLoopFinishesWhatItHas) {
  auto reply = enrol("d1");
  mailbox.close();
  loop.run([] { return true; });
  EXPECT_EQ(reply.get().status, 201);
}

TEST(LoopCaller, AFullMailboxIsUnavailable) {
  Mailbox mailbox({0, 1, 1});
  LoopCaller caller(mailbox, 1000);
  EXPECT_EQ(caller.call({}).status, 503);
}

TEST(LoopCaller, ALoopThatDoesNotAnswerIsUnavailable) {
  Mailbox mailbox;
  LoopCaller caller(mailbox, 1);
  const api::Response response = caller.call({});
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("not known"), std::string::npos) << response.body;
}

TEST(LoopCaller, AMailboxThatGoesBreaksNoPromise) {
  auto mailbox = std::make_unique<Mailbox>();
  LoopCaller caller(*mailbox, 60'000);
  std::thread end([&] {
    while (mailbox->take(1, 1000).empty()) {
    }  // what was taken is dropped unanswered
  });
  EXPECT_EQ(caller.call({}).status, 503);
  end.join();
}

}  // namespace
}  // namespace flotilla::controller::app
