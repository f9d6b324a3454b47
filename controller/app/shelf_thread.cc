#include "controller/app/shelf_thread.h"

#include <algorithm>
#include <chrono>

#include "controller/app/clocks.h"

namespace flotilla::controller::app {

namespace {

constexpr int64_t kLongestWaitMs = 1000;

}  // namespace

ShelfThread::ShelfThread(const Parts& parts) : desk_(parts) {}

ShelfThread::~ShelfThread() {
  stop();
}

void ShelfThread::start() {
  thread_ = std::thread([this] { run(); });
}

void ShelfThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ShelfThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  arrived_.notify_one();
}

/// Nothing when the deadline came first or the end is near.
ShelfThread::Task ShelfThread::next_task() {
  const MonoTime deadline = desk_.shelf().next_deadline();
  const int64_t wait_ms = std::clamp<int64_t>(
      deadline == kNever ? kLongestWaitMs : (deadline - mono_now()).ms, 0, kLongestWaitMs);
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                    [this] { return stopping_ || !tasks_.empty(); });
  if (stopping_ || tasks_.empty()) return {};
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

void ShelfThread::run() {
  for (;;) {
    if (const Task task = next_task()) task();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    desk_.shelf().tick(mono_now());
  }
}

void ShelfThread::place(const PlaceTransfer& effect) {
  post([this, effect] { desk_.place(effect); });
}

void ShelfThread::clear(const ClearTransfer& effect) {
  post([this, effect] { desk_.clear(effect); });
}

void ShelfThread::sweep(const std::string& hardware_class, const std::set<TransferId>& known) {
  post([this, hardware_class, known] { desk_.sweep(hardware_class, known); });
}

void ShelfThread::on_publisher(bool connected) {
  post([this, connected] { desk_.shelf().on_publisher(connected); });
}

void ShelfThread::on_auditor(bool connected) {
  post([this, connected] { desk_.shelf().on_auditor(connected); });
}

void ShelfThread::on_message(std::string topic, std::string payload, bool retained) {
  {
    const std::lock_guard lock(mutex_);
    if (messages_ >= kMaxMessages) {
      ++dropped_;
      return;
    }
    ++messages_;
  }
  post([this, topic = std::move(topic), payload = std::move(payload), retained] {
    {
      const std::lock_guard lock(mutex_);
      --messages_;
    }
    desk_.shelf().on_message(topic, payload, retained);
  });
}

bool ShelfThread::on_published(uint64_t token, bool ok, std::string reason) {
  if ((token & ShelfPublisher::kTokenBit) == 0) return false;
  post([this, token, ok, reason = std::move(reason)] {
    desk_.shelf().on_published(token, ok, reason);
  });
  return true;
}

uint64_t ShelfThread::dropped_messages() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace flotilla::controller::app
