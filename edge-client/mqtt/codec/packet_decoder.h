#pragma once

#include "edge-client/mqtt/codec/packets.h"
#include "edge-client/mqtt/codec/properties.h"
#include "edge-client/mqtt/types.h"
#include "schemas/base/bytes.h"

namespace flotilla::mqtt {

// Each takes what follows the fixed header and refuses all that the packet's section calls
// malformed or a protocol error, trailing bytes and unknown reason codes included. Checks that need
// the state of the session are the session's.

struct ConnAck {
  bool session_present = false;
  uint8_t reason_code = 0;
  PropertySet properties;
};
/// Section 3.2.
Verdict decode_connack(Bytes body, ConnAck& out);

struct Publish {
  PublishHeader header;    ///< all but payload_size; the topic lies in the bytes decoded
  uint16_t packet_id = 0;  ///< 0: QoS 0
};
/// Section 3.3, up to the payload. `flags` are those of the fixed header, already checked.
Verdict decode_publish(uint8_t flags, Bytes header, Publish& out);

/// PUBACK, or SUBACK and UNSUBACK of one topic filter.
struct Ack {
  uint16_t packet_id = 0;
  uint8_t reason_code = 0;
};
/// Sections 3.4, 3.9, 3.11. `type` is one of the three.
Verdict decode_ack(PacketType type, Bytes body, Ack& out);

/// Section 3.13.
Verdict decode_pingresp(Bytes body);

/// Section 3.14.
Verdict decode_disconnect(Bytes body, uint8_t& reason_code);

}  // namespace flotilla::mqtt
