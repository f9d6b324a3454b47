#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "controller/adapters/place_job.h"
#include "controller/adapters/shelf_job.h"

namespace flotilla::controller {

/// Delivery at rest: keeps transfers as retained messages in the broker, and proves by audit that
/// they are there. A machine without threads: the owner's loop hands in what its two connections
/// report and calls tick() after each batch of events and at next_deadline(). Jobs run one after
/// another; a lost connection abandons the job at hand, which starts over when both are back.
/// Everything may be asked for again: placing what is at rest costs one audit.
class ChunkShelf {
 public:
  struct Events {
    std::function<void(TransferId)> at_rest;
    std::function<void(TransferId)> cleared;
    /// A sweep is over; `transfers` orphans were cleared.
    std::function<void(const std::string& hardware_class, uint32_t transfers)> swept;
    /// A job met a refusal and is tried again after ShelfOptions::rest.
    std::function<void(TransferId, const std::string& reason)> trouble;
  };

  /// `publisher` may be shared (tokens: ShelfPublisher::kTokenBit); `auditor` is the shelf's alone.
  /// All references outlive the shelf.
  ChunkShelf(const Topics& topics, Hasher& hasher, Transport& publisher, Transport& auditor,
             const ShelfOptions& options, Events events);

  /// kDataLoss when the payload file is damaged or another transfer's. The newest place() or
  /// clear() of a transfer replaces an older one that is not done.
  Status place(ShelfItem item);
  void clear(const std::string& hardware_class, TransferId transfer, uint32_t chunk_count);
  void sweep(const std::string& hardware_class, std::function<bool(TransferId)> known);

  void on_publisher(bool connected) { on_connection(publisher_up_, connected); }
  void on_auditor(bool connected) { on_connection(auditor_up_, connected); }
  /// From the auditor.
  void on_message(std::string_view topic, std::string_view payload, bool retained);
  /// From the publisher; answers that a lost connection gave come after on_publisher(false). False
  /// when the token is not the shelf's.
  bool on_published(uint64_t token, bool ok, const std::string& reason);

  void tick(MonoTime now);
  /// When tick() is due even without an event.
  MonoTime next_deadline() const;
  size_t queued() const { return jobs_.size(); }

 private:
  struct Entry {
    std::unique_ptr<ShelfJob> job;
    TransferId transfer = 0;  ///< 0: a sweep
    std::function<void()> done;
    MonoTime not_before{0};  ///< of a monotonic clock, which is never negative
    Duration rest{0};        ///< after its newest refusal
  };

  bool ready() const { return publisher_up_ && auditor_up_; }
  void on_connection(bool& up, bool connected);
  void withdraw(TransferId transfer);
  void interrupt();
  bool select(MonoTime now);
  void settle(ShelfJob::Outcome outcome, MonoTime now);

  const Topics topics_;
  const ShelfOptions options_;
  const Events events_;
  ShelfAudit audit_;
  ShelfPublisher publisher_;
  ShelfBench bench_;
  std::deque<Entry> jobs_;
  bool active_ = false;  ///< the first job has begun
  bool publisher_up_ = false;
  bool auditor_up_ = false;
};

}  // namespace flotilla::controller
