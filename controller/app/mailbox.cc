#include "controller/app/mailbox.h"

#include <algorithm>
#include <chrono>

namespace flotilla::controller::app {

Mailbox::Mailbox(MailboxLimits limits) : limits_{limits.calls, limits.messages, limits.facts} {}

bool Mailbox::push(Mail mail) {
  const size_t kind = mail.index();
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_[kind] >= limits_[kind]) {
      ++refused_[kind];
      return false;
    }
    ++waiting_[kind];
    items_.push_back(std::move(mail));
  }
  arrived_.notify_one();
  return true;
}

std::vector<Mail> Mailbox::take(size_t max, int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  // Without a wait not even a glance at the clock: a wait of nothing is a call to the kernel.
  if (wait_ms > 0) {
    arrived_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [this] { return closed_ || !items_.empty(); });
  }
  std::vector<Mail> taken;
  taken.reserve(std::min(max, items_.size()));
  while (!items_.empty() && taken.size() < max) {
    --waiting_[items_.front().index()];
    taken.push_back(std::move(items_.front()));
    items_.pop_front();
  }
  return taken;
}

void Mailbox::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  arrived_.notify_all();
}

MailboxCounters Mailbox::counters() const {
  const std::lock_guard lock(mutex_);
  return {refused_[0], refused_[1], refused_[2], items_.size()};
}

}  // namespace flotilla::controller::app
