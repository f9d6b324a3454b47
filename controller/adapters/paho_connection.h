#pragma once

#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "controller/adapters/broker_address.h"
#include "controller/ports/transport.h"

namespace flotilla::controller {

/// One attempt to be connected, with a Paho client of its own: connect once, live, be dropped. A
/// fresh client per attempt leaves nothing of a failed session behind.
///
/// No lock of ours is held while Paho is called: the two cannot lock each other out. Callbacks
/// reach `events` only while the gate is open.
class PahoConnection : private mqtt::iaction_listener {
 public:
  struct Hooks {
    TransportEvents* events = nullptr;     ///< outlives the connection
    std::function<void()> ended;           ///< the session is over; from a library thread
    std::function<void(std::string)> log;  ///< one key=value line
  };

  PahoConnection(const BrokerAddress& address, size_t max_in_flight, Hooks hooks);
  ~PahoConnection() override;
  PahoConnection(const PahoConnection&) = delete;
  PahoConnection& operator=(const PahoConnection&) = delete;

  /// Blocks until connected, refused, or `timeout`. Empty: connected; otherwise why not.
  std::string connect(std::chrono::milliseconds timeout, std::chrono::seconds keep_alive);
  /// Ends the session: `lost`, then a failed `published` for each publish still in flight; no
  /// callback of this connection runs afterwards.
  void close(const std::string& reason);

  Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token);
  Status subscribe(std::string_view filter);
  Status unsubscribe(std::string_view filter);

  bool alive() const { return alive_.load(); }
  /// A publish that the broker has not answered for so long means a dead session.
  std::chrono::milliseconds oldest_in_flight() const;
  std::string end_reason() const;

 private:
  using Clock = std::chrono::steady_clock;

  void on_success(const mqtt::token& token) override { settle(token, true); }
  void on_failure(const mqtt::token& token) override { settle(token, false); }
  void settle(const mqtt::token& token, bool ok);
  void arm_callbacks();
  void configure(mqtt::connect_options& options, std::chrono::seconds keep_alive);
  Status admit(uint64_t token);
  bool discharge(uint64_t token);
  void disconnect();
  void end(const std::string& reason);

  const BrokerAddress address_;
  const size_t max_in_flight_;
  const Hooks hooks_;
  std::atomic<bool> alive_ = false;

  mutable std::mutex mutex_;  ///< of the members below; never held while Paho is called
  std::unordered_map<uint64_t, Clock::time_point> in_flight_;
  bool closed_ = false;
  std::string end_reason_;

  std::mutex gate_;  ///< held while an event is delivered; taken before mutex_
  bool open_ = true;

  /// Kept until the client goes: the library still touches a token after it signalled it.
  mqtt::token_ptr connecting_;
  mqtt::token_ptr leaving_;
  mqtt::async_client client_;
};

}  // namespace flotilla::controller
