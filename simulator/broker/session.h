#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "schemas/base/time.h"
#include "simulator/broker/message.h"

namespace flotilla::sim {

/// What a broker keeps for one client: subscriptions, what waits for it, what it has not yet
/// acknowledged.
class BrokerSession {
 public:
  struct Limits {
    size_t in_flight = 20;  ///< QoS 1 publishes without PUBACK, unless the client says otherwise
    size_t queued = 1000;   ///< behind them; the rest is dropped without a word
  };

  BrokerSession(std::string client_id, const Limits& limits)
      : client_id_(std::move(client_id)), limits_(limits) {}

  /// The client is there: what was in flight is sent again, then what waits.
  void attach(Outlet& outlet, uint16_t receive_maximum);
  void detach();
  bool online() const { return outlet_ != nullptr; }
  Outlet* outlet() const { return outlet_; }

  /// False when the queue is full and the message is lost.
  bool send(const Delivery& delivery);
  void acknowledged(uint16_t packet_id);
  /// What a broker that persists keeps of its messages.
  struct Unfinished {
    std::vector<Delivery> in_flight;
    std::deque<Delivery> queue;
    uint16_t last_id = 0;
  };
  Unfinished unfinished() const { return {in_flight_, queue_, last_id_}; }
  void restore(const Unfinished& unfinished);

  const std::string& client_id() const { return client_id_; }

  uint32_t expiry_s = 0;  ///< how long it outlives the connection
  // Of the connection, while there is one.
  uint64_t connection = 0;  ///< 0: none
  bool clean_start = false;
  uint16_t keep_alive_s = 0;
  MonoTime last_seen;
  std::optional<Will> will;
  std::map<std::string, SubscribeRequest, std::less<>> subscriptions;

 private:
  /// What the client asks for takes the place of the broker's own limit (Mosquitto 2.0).
  size_t window() const {
    return receive_maximum_ == UINT16_MAX ? limits_.in_flight : receive_maximum_;
  }
  void transmit(Delivery delivery);
  /// Sends what waits. `counted` of those in flight count: for an acknowledgement Mosquitto 2.0
  /// counts those before the acknowledged one alone, and sends more than it was asked for.
  void pump(size_t counted);
  uint16_t fresh_id();

  std::string client_id_;
  Limits limits_;
  Outlet* outlet_ = nullptr;
  uint16_t receive_maximum_ = UINT16_MAX;
  uint16_t last_id_ = 0;
  std::deque<Delivery> queue_;
  std::vector<Delivery> in_flight_;
};

}  // namespace flotilla::sim
