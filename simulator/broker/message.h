#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace flotilla::sim {

/// What was published; shared by all whom it reaches.
struct Message {
  std::string topic;
  std::string payload;
  uint8_t qos = 0;
};

using MessagePtr = std::shared_ptr<const Message>;

/// One message on its way to one client.
struct Delivery {
  MessagePtr message;
  uint8_t qos = 0;
  bool retain = false;
  bool duplicate = false;
  uint16_t packet_id = 0;  ///< 0 with QoS 0, and before it is sent
  uint32_t subscription_id = 0;
};

struct Will {
  std::string topic;
  std::string payload;
  uint8_t qos = 0;
  bool retain = false;
};

struct ConnectRequest {
  std::string client_id;
  bool clean_start = true;
  uint16_t keep_alive_s = 0;
  uint32_t session_expiry_s = 0;
  uint16_t receive_maximum = UINT16_MAX;
  std::optional<Will> will;
};

struct PublishRequest {
  std::string topic;
  std::string payload;
  uint8_t qos = 0;
  bool retain = false;
  uint16_t packet_id = 0;
};

struct SubscribeRequest {
  std::string filter;
  uint16_t packet_id = 0;
  uint8_t qos = 0;
  uint8_t retain_handling = 0;
  bool retain_as_published = false;
  uint32_t subscription_id = 0;
};

/// Where the broker's packets for one connection go. Calls only queue.
class Outlet {
 public:
  virtual void connack(bool session_present, uint8_t reason) = 0;
  virtual void deliver(const Delivery& delivery) = 0;
  virtual void puback(uint16_t packet_id, uint8_t reason) = 0;
  virtual void suback(uint16_t packet_id, uint8_t reason) = 0;
  virtual void unsuback(uint16_t packet_id, uint8_t reason) = 0;
  virtual void pingresp() = 0;
  /// The broker ends the connection; nothing of it follows. `reason`: MQTT 5 reason that is sent
  /// before; 0: it is gone without a word (the broker's process died).
  virtual void closed(uint8_t reason) = 0;

 protected:
  ~Outlet() = default;
};

}  // namespace flotilla::sim
