#include "controller/app/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <vector>

namespace flotilla::controller::app {
namespace {

TEST(ThreadTeam, RunsEachJobOnce) {
  for (const size_t threads : {0u, 1u, 2u, 7u}) {
    for (const size_t count : {0u, 1u, 3u, 500u}) {
      std::vector<std::atomic<int>> runs(count);
      ThreadTeam(threads).for_each(count, [&](size_t i) { ++runs[i]; });
      for (const std::atomic<int>& run : runs) EXPECT_EQ(run, 1);
    }
  }
}

TEST(ThreadTeam, JobsRunAtTheSameTime) {
  // Each job waits for the others: with fewer threads than jobs this would never end.
  std::latch together(3);
  ThreadTeam(3).for_each(3, [&](size_t) { together.arrive_and_wait(); });
  EXPECT_TRUE(together.try_wait());
}

TEST(ThreadTeam, ThrowsWhatAJobThrew) {
  std::atomic<int> ran = 0;
  const auto job = [&](size_t i) {
    ++ran;
    if (i == 2) throw std::runtime_error("no memory");
  };
  EXPECT_THROW(ThreadTeam(2).for_each(100, job), std::runtime_error);
  ran = 0;
  EXPECT_THROW(ThreadTeam(1).for_each(100, job), std::runtime_error);
  EXPECT_EQ(ran, 3) << "no job is begun after a failure";
}

}  // namespace
}  // namespace flotilla::controller::app
