#include "controller/app/rounding_desk.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/support/controller_hasher.h"
#include "tests/support/delta_models.h"
#include "tests/unit/controller/api/fake_artifacts.h"

namespace flotilla::controller::app {
namespace {

using api::RoundingState;
using api::RoundOrder;
using flotilla::testing::FakeArtifacts;
using flotilla::testing::SampleModel;
using flotilla::testing::SampleTensor;

/// One matrix of floats.
std::string matrix_file(uint64_t seed, float change) {
  Prng random(5);
  Prng moves(seed);
  SampleTensor tensor{"matrix", {32, 64}, DType::kFloat32, {}};
  for (uint32_t i = 0; i < 32 * 64; ++i) {
    const float value = static_cast<float>(random.below(20000)) / 10000 - 1;
    const float move = static_cast<float>(moves.below(20000)) / 10000 - 1;
    tensor.values.push_back(value * (1 + change * move));
  }
  return SampleModel{SampleModel::Format::kSafetensors, {tensor}}.file();
}

class RoundingDeskTest : public ::testing::Test {
 protected:
  RoundingDeskTest() {
    base_ = artifacts_.put(matrix_file(1, 0));
    image_ = artifacts_.put(matrix_file(2, 0.1f));
  }

  /// Asks until there is an end.
  RoundingState end_of(RoundingDesk& desk, const RoundOrder& order) {
    for (;;) {
      RoundingState state = desk.ask(order);
      if (state.image != nullptr || !state.failure.ok()) return state;
      std::this_thread::yield();
    }
  }

  flotilla::testing::TestHasher hasher_;
  FakeArtifacts artifacts_{hasher_};
  Digest base_;
  Digest image_;
  InOrder parallel_;
  WorkerPool workers_{1, 8};
  RoundingDesk desk_{{artifacts_, parallel_, workers_}};
};

TEST_F(RoundingDeskTest, StoresTheRoundedImage) {
  const RoundingState state = end_of(desk_, {base_, image_, 250'000});
  ASSERT_NE(state.image, nullptr) << state.failure.reason();
  const std::string& file = artifacts_.files.at(state.image->digest);
  EXPECT_EQ(file.size(), state.image->size);
  EXPECT_NE(file, artifacts_.files.at(image_));
  ASSERT_EQ(state.image->tensors.size(), 1u);
  EXPECT_EQ(state.image->tensors[0].name, "matrix");
  const RoundingState again = desk_.ask({base_, image_, 250'000});
  EXPECT_EQ(again.image, state.image) << "remembered";
  EXPECT_NE(end_of(desk_, {base_, image_, 500'000}).image->digest, state.image->digest);
}

TEST_F(RoundingDeskTest, WaitsForAWorkerAndSaysSo) {
  std::promise<void> release;
  auto released = release.get_future();
  WorkerPool busy(1, 1);
  RoundingDesk desk({artifacts_, parallel_, busy});
  std::promise<void> started;
  ASSERT_TRUE(busy.submit([&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  const RoundingState state = desk.ask({base_, image_, 250'000});
  EXPECT_EQ(state.image, nullptr);
  EXPECT_TRUE(state.failure.ok());
  EXPECT_STREQ(state.progress.step, "waiting for a worker");
  EXPECT_EQ(desk.ask({base_, image_, 300'000}).failure.code(), Code::kUnavailable);
  release.set_value();
  EXPECT_NE(end_of(desk, {base_, image_, 250'000}).image, nullptr);
}

TEST_F(RoundingDeskTest, FailuresAreToldOnceAndTriedAgain) {
  EXPECT_EQ(end_of(desk_, {image_, image_, 250'000}).failure.code(), Code::kFailedPrecondition);
  EXPECT_EQ(end_of(desk_, {hasher_.of("gone"), image_, 250'000}).failure.code(), Code::kNotFound);
  artifacts_.full = true;
  EXPECT_EQ(end_of(desk_, {base_, image_, 250'000}).failure.code(), Code::kResourceExhausted);
  artifacts_.full = false;
  EXPECT_NE(end_of(desk_, {base_, image_, 250'000}).image, nullptr);
}

TEST_F(RoundingDeskTest, AnImageThatWasLostIsMadeAgain) {
  const RoundingState state = end_of(desk_, {base_, image_, 250'000});
  ASSERT_NE(state.image, nullptr);
  artifacts_.files.erase(state.image->digest);
  EXPECT_EQ(desk_.ask({base_, image_, 250'000}).failure.code(), Code::kUnavailable);
  EXPECT_EQ(end_of(desk_, {base_, image_, 250'000}).image->digest, state.image->digest);
}

TEST_F(RoundingDeskTest, RemembersTheNewestOrders) {
  const uint32_t most = RoundingDesk::kMaxOrders;
  for (uint32_t i = 0; i <= most; ++i) {
    ASSERT_NE(end_of(desk_, {base_, image_, 250'000 + i}).image, nullptr) << i;
  }
  EXPECT_NE(desk_.ask({base_, image_, 250'000 + most}).image, nullptr);
  EXPECT_EQ(desk_.ask({base_, image_, 250'000}).image, nullptr) << "the oldest begins anew";
}

}  // namespace
}  // namespace flotilla::controller::app
