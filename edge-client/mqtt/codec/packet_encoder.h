#pragma once

#include "edge-client/mqtt/codec/packets.h"
#include "edge-client/mqtt/codec/writer.h"

namespace flotilla::mqtt {

// Each writes one packet at the end of `out`; the caller looks at out.overflowed() afterwards.
// Texts are at most 65,535 bytes.

/// Keeps the remaining length of a PUBLISH within kMaxVarint, whatever its topic.
inline constexpr uint32_t kMaxPayload = kMaxVarint - UINT16_MAX - 5;

struct Connect {
  std::string_view client_id;
  uint32_t session_expiry_s = 0;
  uint32_t maximum_packet_size = 0;
  uint16_t receive_maximum = 0;
  uint16_t keep_alive_s = 0;
  bool clean_start = true;
};
/// Section 3.1. No will, user name or password. Topic Alias Maximum stays at its default of 0;
/// Request Problem Information 0 keeps reason strings out of the acknowledgements.
void encode_connect(Writer& out, const Connect& connect);

struct PublishOut {
  std::string_view topic;
  uint32_t payload_size = 0;  ///< at most kMaxPayload
  uint16_t packet_id = 0;     ///< 0: QoS 0
};
/// Section 3.3: all but the payload. Never retained, never a duplicate, no properties.
void encode_publish_header(Writer& out, const PublishOut& publish);

struct Subscribe {
  std::string_view filter;
  uint32_t subscription_id = 0;  ///< 0: none
  uint16_t packet_id = 0;
};
/// Section 3.8, one filter: QoS 1, No Local 0, Retain As Published 1, Retain Handling 0.
void encode_subscribe(Writer& out, const Subscribe& subscribe);

/// Section 3.10, one filter.
void encode_unsubscribe(Writer& out, std::string_view filter, uint16_t packet_id);

inline constexpr size_t kPubAckSize = 4;
inline constexpr size_t kPingReqSize = 2;
inline constexpr size_t kDisconnectSize = 3;
/// Section 3.4, always Success.
void encode_puback(Writer& out, uint16_t packet_id);
/// Section 3.12.
void encode_pingreq(Writer& out);
/// Section 3.14, without properties.
void encode_disconnect(Writer& out, uint8_t reason_code);

}  // namespace flotilla::mqtt
