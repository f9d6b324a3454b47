#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flotilla::sim::differential {

/// What a client says in CONNECT.
struct Connect {
  std::string client_id;
  bool clean_start = true;
  uint16_t keep_alive_s = 0;
  uint32_t expiry_s = 0;
  uint16_t receive_maximum = 0;  ///< 0: not said
  std::string will_topic;        ///< empty: no will
  std::string will_payload;
  uint8_t will_qos = 0;
  bool will_retain = false;
};

struct Publish {
  std::string topic;
  std::string payload;
  uint8_t qos = 0;
  bool retain = false;
};

struct Subscribe {
  std::string filter;
  uint8_t qos = 0;
  uint8_t retain_handling = 0;
  bool retain_as_published = false;
  uint32_t subscription_id = 0;
};

/// MQTT 5 packets as bytes, written down from the specification.
std::string connect_packet(const Connect& connect);
std::string publish_packet(const Publish& publish, uint16_t packet_id);
std::string subscribe_packet(const Subscribe& subscribe, uint16_t packet_id);
std::string unsubscribe_packet(const std::string& filter, uint16_t packet_id);
std::string puback_packet(uint16_t packet_id);
std::string ping_packet();
std::string disconnect_packet(uint8_t reason);

/// A packet of the broker: a line that two brokers can be compared by, without packet identifiers.
struct Heard {
  std::string line;
  uint16_t to_acknowledge = 0;  ///< a publish with QoS 1
  bool is_ping = false;
};

/// Takes whole packets off the front of `bytes`.
std::vector<Heard> take_packets(std::string& bytes);

}  // namespace flotilla::sim::differential
