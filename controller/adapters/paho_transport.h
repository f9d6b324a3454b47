#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "controller/adapters/backoff.h"
#include "controller/adapters/broker_address.h"
#include "controller/ports/transport.h"

namespace flotilla::controller {

class PahoConnection;

/// Transport over Paho C++: MQTT 5, clean sessions. A thread of its own connects, and again after
/// each loss, with full jitter and a fresh client per attempt; it also watches for sessions that
/// hang. All calls of the port may come from any thread.
///
/// Every accepted publish gets exactly one `published` event; when its connection ends first, one
/// with ok = false, after `lost` and before the next `connected`.
class PahoTransport final : public Transport {
 public:
  struct Options {
    BrokerAddress address;
    size_t max_in_flight = 64;  ///< publishes without an answer; more are refused
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::seconds keep_alive{20};
    std::chrono::milliseconds stall{30'000};  ///< an unanswered publish ends the session
    Backoff::Options backoff;
    uint64_t seed = 0;                     ///< of the jitter; 0: random
    std::function<void(std::string)> log;  ///< one key=value line; may be empty
  };

  explicit PahoTransport(Options options);
  ~PahoTransport();

  void start(TransportEvents events) override;
  void stop() override;
  Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) override;
  Status subscribe(std::string_view filter) override;
  Status unsubscribe(std::string_view filter) override;
  bool connected() const override;

 private:
  void run();
  std::shared_ptr<PahoConnection> make();
  void live(const std::shared_ptr<PahoConnection>& connection);
  std::string watch(const PahoConnection& connection);
  bool pause(std::chrono::milliseconds length);
  void set_current(std::shared_ptr<PahoConnection> connection);
  std::shared_ptr<PahoConnection> current() const;

  Options options_;
  TransportEvents events_;
  Backoff backoff_;
  std::thread thread_;

  mutable std::mutex mutex_;  ///< of the members below
  std::condition_variable wake_;
  bool stopping_ = false;
  std::shared_ptr<PahoConnection> current_;
};

}  // namespace flotilla::controller
