#pragma once

#include <array>

#include "edge-client/mqtt/codec/packets.h"
#include "edge-client/mqtt/codec/reader.h"

namespace flotilla::mqtt {

/// What a packet from the server said in its properties (MQTT 5.0 section 2.2.2): which ones, and
/// those that are numbers. Texts and binary data are checked and passed over.
class PropertySet {
 public:
  bool has(PropertyId id) const { return seen_[static_cast<size_t>(id)]; }
  /// The number said, the first one where there may be several; `otherwise` when there was none.
  uint32_t number(PropertyId id, uint32_t otherwise) const;
  void insert(PropertyId id, uint32_t number);

 private:
  std::array<bool, kMaxPropertyId + 1> seen_{};
  std::array<uint32_t, kMaxPropertyId + 1> numbers_;  ///< meaningful where seen
};

/// Takes the property length and the properties off `in`. Refuses identifiers that are unknown or
/// belong to another packet, repeated ones, values outside their range, and what a server may not
/// send because this client's CONNECT did not ask for it.
Verdict decode_properties(Reader& in, PacketType type, PropertySet& out);

}  // namespace flotilla::mqtt
