#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <new>

#include "controller/app/log.h"
#include "controller/app/worker_pool.h"
#include "controller/artifact/delta/encode_delta.h"

namespace flotilla::controller::app {

/// Work that is asked for again and again until it is done: begins each order once in the worker
/// pool and remembers what became of it, the newest `capacity` orders. Usable from several threads.
/// `State` has the members `image` (a shared pointer, null until it is there), `failure` and
/// `progress`.
template <typename Order, typename State>
class JobDesk {
 public:
  using Image = decltype(State::image);
  using Tell = std::function<void(const EncodeProgress&)>;
  using Work = std::function<Result<Image>(const Order&, const Tell&)>;

  JobDesk(WorkerPool& workers, size_t capacity, Work work)
      : workers_(workers), capacity_(capacity), work_(std::make_shared<Work>(std::move(work))) {}

  /// Never waits. A failure is told once: the next call begins anew. kUnavailable: there is too
  /// much to do.
  State ask(const Order& order) {
    const std::lock_guard lock(mutex_);
    const auto known = jobs_.find(order);
    const std::shared_ptr<Job> job = known == jobs_.end() ? begin(order) : known->second;
    State state;
    if (job == nullptr) {
      state.failure = {Code::kUnavailable, "there is too much to do"};
      return state;
    }
    job->asked = ++count_;
    {
      const std::lock_guard of_job(job->mutex);
      state = job->state;
    }
    if (!state.failure.ok()) jobs_.erase(order);
    return state;
  }

  void forget(const Order& order) {
    const std::lock_guard lock(mutex_);
    jobs_.erase(order);
  }

 private:
  struct Job {
    std::mutex mutex;
    State state;         ///< under the mutex
    uint64_t asked = 0;  ///< of the desk's count: the longest ago goes first
  };

  static bool is_over(Job& job) {
    const std::lock_guard lock(job.mutex);
    return job.state.image != nullptr || !job.state.failure.ok();
  }

  static void run(const Work& work, const Order& order, Job& job) {
    State end;
    try {
      auto made = work(order, [&job](const EncodeProgress& now) {
        const std::lock_guard lock(job.mutex);
        job.state.progress = now;
      });
      if (made.ok()) end.image = std::move(made.value());
      end.failure = made.status();
    } catch (const std::bad_alloc&) {
      end.failure = {Code::kUnavailable, "there is not enough memory for this image"};
    } catch (const std::exception& fault) {
      log_line(LogLevel::kError, "job_failed", {{"reason", fault.what()}});
      end.failure = {Code::kUnavailable,
                     "the work ended with an error of the system's (see the log)"};
    }
    const std::lock_guard lock(job.mutex);
    job.state = std::move(end);
  }

  bool make_room() {
    if (jobs_.size() < capacity_) return true;
    auto oldest = jobs_.end();
    for (auto at = jobs_.begin(); at != jobs_.end(); ++at) {
      if (!is_over(*at->second)) continue;
      if (oldest == jobs_.end() || at->second->asked < oldest->second->asked) oldest = at;
    }
    if (oldest == jobs_.end()) return false;
    jobs_.erase(oldest);
    return true;
  }

  std::shared_ptr<Job> begin(const Order& order) {
    if (!make_room()) return nullptr;
    auto job = std::make_shared<Job>();
    job->state.progress.step = "waiting for a worker";
    const bool taken = workers_.submit([work = work_, order, job] { run(*work, order, *job); });
    if (!taken) return nullptr;
    jobs_[order] = job;
    return job;
  }

  WorkerPool& workers_;
  const size_t capacity_;
  const std::shared_ptr<Work> work_;
  std::mutex mutex_;
  std::map<Order, std::shared_ptr<Job>> jobs_;  ///< under the mutex
  uint64_t count_ = 0;
};

}  // namespace flotilla::controller::app
