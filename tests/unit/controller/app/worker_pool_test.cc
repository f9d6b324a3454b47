#include "controller/app/worker_pool.h"

#include <gtest/gtest.h>

#include <future>

namespace flotilla::controller::app {
namespace {

TEST(WorkerPool, RunsWhatItTakes) {
  std::promise<int> answer;
  WorkerPool pool(2, 16);
  ASSERT_TRUE(pool.submit([&] { answer.set_value(42); }));
  EXPECT_EQ(answer.get_future().get(), 42);
}

TEST(WorkerPool, RefusesMoreThanMayWait) {
  std::promise<void> started;
  std::promise<void> release;
  auto released = release.get_future();
  WorkerPool pool(1, 1);  // last: its jobs use what stands above until its end
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  EXPECT_EQ(pool.refused(), 1u);
  release.set_value();
}

TEST(WorkerPool, StopTellsTheRunningJobAndDropsTheRest) {
  std::promise<void> started;
  std::atomic<bool> second = false;
  WorkerPool pool(1, 8);
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    while (!pool.cancelled()) std::this_thread::yield();
  }));
  started.get_future().wait();
  ASSERT_TRUE(pool.submit([&] { second = true; }));
  pool.stop();
  EXPECT_FALSE(second);
  EXPECT_FALSE(pool.submit([] {}));
}

}  // namespace
}  // namespace flotilla::controller::app
