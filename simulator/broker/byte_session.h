#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/base/bytes.h"
#include "simulator/broker/broker.h"

namespace flotilla::sim {

/// One connection of the broker as bytes: takes a client's MQTT 5 packets apart and puts the
/// broker's together, written down from the specification and from nothing in the client.
class ByteSession final : public Outlet {
 public:
  struct Events {
    /// Bytes for the client.
    std::function<void(std::string)> send;
    /// The broker closed the connection; `silently`: its process died.
    std::function<void(bool silently)> closed;
  };

  ByteSession(Broker& broker, uint16_t receive_maximum, Events events)
      : broker_(broker), receive_maximum_(receive_maximum), events_(std::move(events)) {}
  ~ByteSession() { lost(); }

  /// Bytes of the client, however they were split. A malformed packet closes the connection.
  void feed(Bytes bytes);
  /// The transport is gone: the broker learns it, nobody answers.
  void lost();
  bool is_open() const { return connection_ != 0; }

 private:
  void connack(bool session_present, uint8_t reason) override;
  void deliver(const Delivery& delivery) override;
  void puback(uint16_t packet_id, uint8_t reason) override;
  void suback(uint16_t packet_id, uint8_t reason) override;
  void unsuback(uint16_t packet_id, uint8_t reason) override;
  void pingresp() override;
  void closed(uint8_t reason) override;

  /// Bytes of the front packet, 0 when it is not whole.
  size_t packet_size(std::string_view bytes);
  bool on_packet(uint8_t first, std::string_view body);
  bool on_connect(std::string_view body);
  bool on_publish(uint8_t flags, std::string_view body);
  bool on_subscribe(std::string_view body);
  bool on_unsubscribe(std::string_view body);
  void refuse(uint8_t reason);

  Broker& broker_;
  const uint16_t receive_maximum_;
  Events events_;
  Broker::Connection connection_ = 0;
  bool dead_ = false;
  std::string pending_;
};

}  // namespace flotilla::sim
