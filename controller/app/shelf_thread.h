#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "controller/app/shelf_desk.h"

namespace flotilla::controller::app {

/// Gives the shelf's desk a thread, so that neither large payloads nor audits hold up the loop.
/// All calls only queue; answers go to the mailbox as facts.
class ShelfThread {
 public:
  using Parts = ShelfDesk::Parts;

  /// Messages of the auditor that may wait; what is dropped is published once more.
  static constexpr size_t kMaxMessages = 8192;

  explicit ShelfThread(const Parts& parts);
  ~ShelfThread();

  void start();
  void stop();

  // From the loop.
  void place(const PlaceTransfer& effect);
  void clear(const ClearTransfer& effect);
  /// Clears what lies in the broker for the class and is not among `known` or placed later.
  void sweep(const std::string& hardware_class, const std::set<TransferId>& known);

  // From the transports' threads.
  void on_publisher(bool connected);
  void on_auditor(bool connected);
  void on_message(std::string topic, std::string payload, bool retained);
  /// False when the token is not the shelf's.
  bool on_published(uint64_t token, bool ok, std::string reason);

  uint64_t dropped_messages() const;

 private:
  using Task = std::function<void()>;

  void post(Task task);
  void run();
  Task next_task();

  ShelfDesk desk_;  ///< touched by thread_ alone
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Task> tasks_;
  size_t messages_ = 0;
  uint64_t dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace flotilla::controller::app
