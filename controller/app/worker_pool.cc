#include "controller/app/worker_pool.h"

#include <exception>

#include "controller/app/log.h"

namespace flotilla::controller::app {

WorkerPool::WorkerPool(size_t threads, size_t capacity) : capacity_(capacity) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

WorkerPool::~WorkerPool() {
  stop();
}

bool WorkerPool::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (cancelled_ || jobs_.size() >= capacity_) {
      ++refused_;
      return false;
    }
    jobs_.push_back(std::move(job));
  }
  arrived_.notify_one();
  return true;
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    jobs_.clear();
  }
  arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return cancelled_ || !jobs_.empty(); });
      if (cancelled_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    try {
      job();
    } catch (const std::exception& fault) {
      ++failed_;
      log_line(LogLevel::kError, "job_failed", {{"reason", fault.what()}});
    }
  }
}

}  // namespace flotilla::controller::app
