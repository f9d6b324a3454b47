#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "controller/api/message.h"
#include "controller/domain/event.h"

namespace flotilla::controller::app {

/// A request that an HTTP thread waits for. Dropped without an answer, it breaks the promise.
struct ApiCall {
  api::Request request;
  std::promise<api::Response> reply;
};

/// A message as the broker delivered it.
struct BrokerMessage {
  std::string topic;
  std::string payload;
};

/// An event made inside the process: by a worker, the shelf or the transport.
struct Fact {
  Event event;
  uint64_t refused_attestations = 0;  ///< found while it was made
};

using Mail = std::variant<std::unique_ptr<ApiCall>, BrokerMessage, Fact>;

/// What a kind of mail may fill, so that a storm of messages cannot shut out answers of workers.
struct MailboxLimits {
  size_t calls = 256;
  size_t messages = 16384;
  size_t facts = 65536;
};

struct MailboxCounters {
  uint64_t refused_calls = 0;
  uint64_t refused_messages = 0;
  uint64_t refused_facts = 0;
  size_t waiting = 0;
};

/// Everything that reaches the loop, in order of arrival. Many producers, one consumer, bounded by
/// kind of mail.
class Mailbox {
 public:
  explicit Mailbox(MailboxLimits limits = {});

  /// False, and counted, when mail of this kind fills its share or the box is closed.
  bool push(Mail mail);
  /// Up to `max` items; waits at most `wait_ms` for the first one.
  std::vector<Mail> take(size_t max, int64_t wait_ms);
  /// Refuses everything from now on and wakes the consumer.
  void close();
  MailboxCounters counters() const;

 private:
  static constexpr size_t kKinds = std::variant_size_v<Mail>;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Mail> items_;
  const std::array<size_t, kKinds> limits_;
  std::array<size_t, kKinds> waiting_{};
  std::array<uint64_t, kKinds> refused_{};
  bool closed_ = false;
};

}  // namespace flotilla::controller::app
