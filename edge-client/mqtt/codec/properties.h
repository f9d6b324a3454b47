#pragma once

#include "edge-client/mqtt/codec/packets.h"
#include "edge-client/mqtt/codec/reader.h"

namespace flotilla::mqtt {

/// What a packet from the server said in its properties (MQTT 5.0 section 2.2.2). Only what this
/// client uses is kept, with the specification's defaults; the rest is checked and passed over.
struct PropertySet {
  uint32_t seen = 0;  ///< one bit per identifier, in the decoder's order
  uint32_t maximum_packet_size = kMaxPacketSize;
  uint32_t subscription_id = 0;  ///< the first one
  uint16_t receive_maximum = UINT16_MAX;
  uint16_t server_keep_alive_s = 0;
  bool has_server_keep_alive = false;
  bool has_assigned_client_id = false;
  bool qos1_available = true;
  bool retain_available = true;
  bool wildcard_available = true;
  bool subscription_ids_available = true;
};

/// Takes the property length and the properties off `in`. Refuses identifiers that are unknown or
/// belong to another packet, repeated ones, values outside their range, and what a server may not
/// send because this client's CONNECT did not ask for it.
Verdict decode_properties(Reader& in, PacketType type, PropertySet& out);

}  // namespace flotilla::mqtt
