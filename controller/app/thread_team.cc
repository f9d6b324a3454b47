#include "controller/app/thread_team.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace flotilla::controller::app {

namespace {

/// The jobs of one for_each().
class Round {
 public:
  Round(size_t count, const std::function<void(size_t)>& job) : count_(count), job_(job) {}

  void work() {
    for (size_t i = next_++; i < count_; i = next_++) {
      try {
        job_(i);
      } catch (...) {
        next_ = count_;
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
      }
    }
  }

  void rethrow() {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  const size_t count_;
  const std::function<void(size_t)>& job_;
  std::atomic<size_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

ThreadTeam::ThreadTeam(size_t threads)
    : threads_(threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency())) {}

void ThreadTeam::for_each(size_t count, const std::function<void(size_t)>& job) {
  Round round(count, job);
  std::vector<std::thread> others;
  const size_t wanted = std::min(threads_, count);
  others.reserve(wanted);
  try {
    while (others.size() + 1 < wanted) others.emplace_back([&round] { round.work(); });
  } catch (const std::system_error&) {
    // The system has no thread to spare: those that run do all of the work.
  }
  round.work();
  for (std::thread& thread : others) thread.join();
  round.rethrow();
}

}  // namespace flotilla::controller::app
