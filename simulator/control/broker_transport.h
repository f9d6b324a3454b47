#pragma once

#include <deque>
#include <map>
#include <string>
#include <variant>

#include "controller/ports/transport.h"
#include "simulator/broker/broker.h"
#include "simulator/engine/chance.h"

namespace flotilla::sim {

/// One connection of the controller to the broker's model: the contract of the transport's port,
/// with what the library behind the product's adapter does. It acknowledges a message as soon as it
/// was handed over, so a crash loses what the loop had not read.
class BrokerTransport final : public controller::Transport, private Outlet, private Target {
 public:
  struct Parts {
    Scheduler& scheduler;
    Broker& broker;
    Trace& trace;
    Chance chance;
    std::string client_id;
    Duration latency = milliseconds(1);
    size_t max_in_flight = 16;
  };

  explicit BrokerTransport(const Parts& parts);
  BrokerTransport(const BrokerTransport&) = delete;
  ~BrokerTransport() = default;

  void start(controller::TransportEvents events) override;
  void stop() override;
  Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) override;
  Status subscribe(std::string_view filter) override;
  Status unsubscribe(std::string_view filter) override;
  bool connected() const override { return state_ == State::kUp; }

  // ---- faults
  /// The network between controller and broker; a connection dies noticed, or is found dead later.
  void set_reachable(bool reachable, bool noticed);
  /// Asked before every publish that the connection takes; may throw to kill the process there.
  std::function<void()> before_publish;
  /// The process died: no goodbye.
  void kill();

 private:
  enum class State : uint8_t { kStopped, kDown, kConnecting, kUp };
  enum Kind : uint32_t { kConnect, kOut, kIn, kPing };

  struct Ack {
    uint16_t packet_id = 0;
  };
  struct Filter {
    SubscribeRequest request;
    bool wanted = true;
  };
  using Packet = std::variant<PublishRequest, Filter>;
  struct Connected {};
  struct Closed {};
  using News = std::variant<Delivery, Ack, Connected, Closed>;
  template <typename T>
  struct Timed {
    MonoTime when;
    T what;
  };

  void on_event(uint32_t kind, uint64_t value) override;
  void connack(bool, uint8_t) override { hear(Connected{}); }
  void deliver(const Delivery& delivery) override { hear(delivery); }
  void puback(uint16_t packet_id, uint8_t) override { hear(Ack{packet_id}); }
  void suback(uint16_t, uint8_t) override {}
  void unsuback(uint16_t, uint8_t) override {}
  void pingresp() override {}
  void closed(uint8_t) override;

  void connect();
  void say(Packet packet);
  void hear(News news);
  void send_due();
  void hear_due();
  void take(const News& news);
  void lose(const char* reason);
  void retry();
  uint16_t fresh_id();

  Parts parts_;
  const TargetId self_;
  controller::TransportEvents events_;
  State state_ = State::kStopped;
  bool reachable_ = true;
  bool dead_ = false;  ///< half-open
  uint64_t epoch_ = 0;
  uint32_t failures_ = 0;
  uint16_t last_id_ = 0;
  Broker::Connection connection_ = 0;
  std::map<uint16_t, uint64_t> in_flight_;  ///< packet id -> token
  std::deque<Timed<Packet>> out_;
  std::deque<Timed<News>> in_;
};

}  // namespace flotilla::sim
