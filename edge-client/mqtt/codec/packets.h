#pragma once

#include <cstdint>

#include "schemas/base/reason_text.h"

namespace flotilla::mqtt {

/// Whatever depends on the protocol version stands in codec/: this number, and where in a packet
/// there are properties and reason codes.
inline constexpr uint8_t kProtocolLevel = 5;

/// Largest Variable Byte Integer (MQTT 5.0 section 1.5.5).
inline constexpr uint32_t kMaxVarint = 268'435'455;
/// Type byte, longest remaining length, largest remainder.
inline constexpr uint32_t kMaxPacketSize = 1 + 4 + kMaxVarint;

/// MQTT 5.0 section 2.1.2.
enum class PacketType : uint8_t {
  kReserved = 0,
  kConnect = 1,
  kConnAck = 2,
  kPublish = 3,
  kPubAck = 4,
  kPubRec = 5,
  kPubRel = 6,
  kPubComp = 7,
  kSubscribe = 8,
  kSubAck = 9,
  kUnsubscribe = 10,
  kUnsubAck = 11,
  kPingReq = 12,
  kPingResp = 13,
  kDisconnect = 14,
  kAuth = 15,
};

/// The reason codes this client sends or acts on (MQTT 5.0 section 2.4).
enum class Reason : uint8_t {
  kSuccess = 0x00,
  kMalformedPacket = 0x81,
  kProtocolError = 0x82,
  kServerUnavailable = 0x88,
  kKeepAliveTimeout = 0x8D,
  kReceiveMaximumExceeded = 0x93,
  kTopicAliasInvalid = 0x94,
  kPacketTooLarge = 0x95,
  kQuotaExceeded = 0x97,
};

/// MQTT 5.0 section 2.2.2.2; those that this client sends or a server may send to it.
enum class PropertyId : uint8_t {
  kPayloadFormatIndicator = 0x01,
  kMessageExpiryInterval = 0x02,
  kContentType = 0x03,
  kResponseTopic = 0x08,
  kCorrelationData = 0x09,
  kSubscriptionIdentifier = 0x0B,
  kSessionExpiryInterval = 0x11,
  kAssignedClientIdentifier = 0x12,
  kServerKeepAlive = 0x13,
  kAuthenticationMethod = 0x15,
  kAuthenticationData = 0x16,
  kRequestProblemInformation = 0x17,
  kResponseInformation = 0x1A,
  kServerReference = 0x1C,
  kReasonString = 0x1F,
  kReceiveMaximum = 0x21,
  kTopicAliasMaximum = 0x22,
  kTopicAlias = 0x23,
  kMaximumQoS = 0x24,
  kRetainAvailable = 0x25,
  kUserProperty = 0x26,
  kMaximumPacketSize = 0x27,
  kWildcardSubscriptionAvailable = 0x28,
  kSubscriptionIdentifierAvailable = 0x29,
  kSharedSubscriptionAvailable = 0x2A,
};
inline constexpr uint8_t kMaxPropertyId = 0x2A;

/// Why bytes of the server end the connection.
struct Fault {
  Reason reason;
  [[no_unique_address]] ReasonText text;
};

/// Null: nothing is wrong. Else a constant, which never goes away.
using Verdict = const Fault*;

constexpr Fault malformed(ReasonText text) {
  return {Reason::kMalformedPacket, text};
}
constexpr Fault protocol_error(ReasonText text) {
  return {Reason::kProtocolError, text};
}

}  // namespace flotilla::mqtt
