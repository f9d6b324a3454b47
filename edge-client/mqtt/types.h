#pragma once

#include <cstdint>
#include <string_view>

namespace flotilla::mqtt {

enum class QoS : uint8_t { kAtMostOnce = 0, kAtLeastOnce = 1 };

/// Facts of a PUBLISH that has begun to arrive. `topic` is valid only during on_publish_begin.
struct PublishHeader {
  std::string_view topic;
  uint32_t payload_size = 0;
  uint32_t subscription_id = 0;  ///< the first one; 0: the broker sent none
  QoS qos = QoS::kAtMostOnce;
  bool retain = false;
  bool duplicate = false;
};

/// What the server allows, from CONNACK (MQTT 5.0 section 3.2.2.3); already clamped to what this
/// client can do.
struct ServerLimits {
  uint32_t maximum_packet_size = UINT32_MAX;  ///< bytes of a whole packet
  uint16_t receive_maximum = UINT16_MAX;      ///< our own QoS 1 publishes in flight
  uint16_t keep_alive_s = 0;                  ///< the one in force; 0: off
  bool session_present = false;
  bool qos1_available = true;
  bool retain_available = true;
  bool wildcard_available = true;
  bool subscription_ids_available = true;
};

}  // namespace flotilla::mqtt
