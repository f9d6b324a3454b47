#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flotilla::controller::app {

/// Threads for CPU-heavy work. Jobs report by pushing facts into the mailbox.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(size_t threads, size_t capacity);
  ~WorkerPool();

  /// False, and counted, when `capacity` jobs wait already or the pool was stopped.
  bool submit(Job job);
  /// Drops what has not started, raises cancelled() for the rest, and joins.
  void stop();
  /// Long jobs poll it.
  const std::atomic<bool>& cancelled() const { return cancelled_; }
  uint64_t refused() const { return refused_; }
  /// Jobs that ended with an exception; the log says which.
  uint64_t failed() const { return failed_; }

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Job> jobs_;
  const size_t capacity_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<uint64_t> refused_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace flotilla::controller::app
