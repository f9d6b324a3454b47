#include "controller/app/optimise_desk.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "tests/support/controller_hasher.h"
#include "tests/support/model_files.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::controller::app {
namespace {

using api::OptimiseOrder;
using api::OptimiseState;
using flotilla::testing::FakeArtifacts;

/// Whose disk can be taken away.
class WreckableArtifacts final : public FakeArtifacts {
 public:
  using FakeArtifacts::FakeArtifacts;
  Result<std::shared_ptr<ArtifactView>> open(const Digest& digest) override {
    if (wrecked) throw std::runtime_error("a disk that is gone");
    return FakeArtifacts::open(digest);
  }
  std::atomic<bool> wrecked = false;
};

class OptimiseDeskTest : public ::testing::Test {
 protected:
  OptimiseDeskTest() {
    image_ = artifacts_.put(test::safetensors_file(
        R"({"w":{"dtype":"F32","shape":[8,64],"data_offsets":[0,2048]}})", test::floats(512)));
  }

  static OptimiserConfig commands() {
    OptimiserConfig config;
    config.walls.needs_namespaces = false;
    config.walls.needs_landlock = false;
    config.commands["copy"].argv = {"/bin/sh", "-c",
                                    "cp input output/x; echo '{\"output\": \"x\"}' > result.json"};
    config.commands["outside"].argv = {
        "/bin/sh", "-c", "ln -s /etc/passwd output/x; echo '{\"output\": \"x\"}' > result.json"};
    config.commands["silent"].argv = {"/bin/sh", "-c", "exit 0"};
    config.commands["long"].argv = {"/bin/sh", "-c", "exit 5", "/" + std::string(300, 'a')};
    config.commands["slow"].argv = {"/bin/sh", "-c", "while :; do :; done"};
    config.commands["slow"].limits.wall_s = 1;
    return config;
  }

  /// Asks until there is an end.
  OptimiseState end_of(const std::vector<std::string>& texts, const std::string& again = "") {
    OptimiseOrder order{image_, {}, "cam", again};
    for (const std::string& text : texts) {
      OptimiseFault fault;
      order.steps.emplace_back();
      EXPECT_TRUE(parse_step(text, order.steps.back(), fault).ok()) << fault.message;
    }
    for (;;) {
      OptimiseState state = desk_.ask(order);
      if (state.image != nullptr || !state.failure.ok()) return state;
      std::this_thread::yield();
    }
  }
  std::string fault_of(const std::vector<std::string>& texts) {
    const OptimiseState state = end_of(texts);
    EXPECT_TRUE(state.image != nullptr && state.image->fault);
    return state.image != nullptr && state.image->fault ? state.image->fault->message : "";
  }

  flotilla::testing::TestHasher hasher_;
  WreckableArtifacts artifacts_{hasher_};
  Digest image_;
  WorkerPool workers_{1, 8};
  OptimiseDesk desk_{{artifacts_, workers_, commands()}};
};

TEST_F(OptimiseDeskTest, EachStepReadsWhatTheOneBeforeWrote) {
  const OptimiseState state = end_of({"prune:0.5", "quantise:int8"});
  ASSERT_NE(state.image, nullptr) << state.failure.reason();
  ASSERT_FALSE(state.image->fault) << state.image->fault->message;
  const auto& records = state.image->records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].input, image_);
  EXPECT_EQ(records[1].input, records[0].output);
  EXPECT_EQ(records[0].sparsity, 0.5);
  EXPECT_EQ(records[1].granularity, "per channel");
  EXPECT_EQ(artifacts_.files.at(records[1].output).size(), records[1].output_size);
  const OptimiseState again = end_of({"prune:0.5", "quantise:int8"}, "another run");
  EXPECT_EQ(again.image->records[1].output, records[1].output);
}

TEST_F(OptimiseDeskTest, ACommandIsRecorded) {
  const OptimiseState state = end_of({"command:copy"});
  ASSERT_NE(state.image, nullptr);
  ASSERT_FALSE(state.image->fault) << state.image->fault->message;
  const auto& record = state.image->records[0];
  EXPECT_EQ(record.output, image_);
  EXPECT_EQ(record.tool, "command copy");
  EXPECT_EQ(record.provenance["argv"][0], "/bin/sh");
  EXPECT_EQ(record.provenance["end"], "exited");
}

TEST_F(OptimiseDeskTest, FaultsOfCommands) {
  EXPECT_NE(fault_of({"command:rm"}).find("allows no command 'rm'"), std::string::npos);
  EXPECT_NE(fault_of({"command:silent"}).find("wrote no result.json"), std::string::npos);
  EXPECT_NE(fault_of({"command:outside"}).find("no file in the folder output"), std::string::npos)
      << "a link to a file of the server's";
  EXPECT_NE(fault_of({"command:long"}).find("exit code 5"), std::string::npos);
  EXPECT_NE(fault_of({"command:slow"}).find("longer than 1 s"), std::string::npos);
}

TEST_F(OptimiseDeskTest, WhatThrowsIsTheStepsFault) {
  artifacts_.wrecked = true;
  EXPECT_NE(fault_of({"prune:0.5"}).find("a disk that is gone"), std::string::npos);
  artifacts_.wrecked = false;
  EXPECT_EQ(end_of({"prune:0.5"}).image->records.size(), 1u) << "and can be repeated";
}

TEST(JobDesk, WorkThatThrowsFailsAndTheProcessLives) {
  struct State {
    std::shared_ptr<const int> image;
    Status failure;
    EncodeProgress progress;
  };
  WorkerPool workers(1, 8);
  using Desk = JobDesk<int, State>;
  Desk desk(workers, 8, [](const int&, const auto&) -> Result<Desk::Image> {
    throw std::runtime_error("a disk that is gone");
  });
  State state;
  while (state.failure.ok()) state = desk.ask(1);
  EXPECT_EQ(state.failure.code(), Code::kUnavailable);
  EXPECT_NE(std::string(state.failure.reason()).find("the log"), std::string::npos);
}

TEST(WorkerPool, AJobThatThrowsEndsAlone) {
  std::promise<int> answer;
  WorkerPool pool(1, 16);
  ASSERT_TRUE(pool.submit([] { throw std::runtime_error("a disk that is gone"); }));
  ASSERT_TRUE(pool.submit([&] { answer.set_value(42); }));
  EXPECT_EQ(answer.get_future().get(), 42);
  EXPECT_EQ(pool.failed(), 1u);
}

}  // namespace
}  // namespace flotilla::controller::app
