#include "edge-client/mqtt/codec/properties.h"

#include "edge-client/mqtt/codec/text.h"

namespace flotilla::mqtt {
namespace {

enum class Kind : uint8_t { kFlag, kU16, kU32, kVarint, kText, kTopic, kTextPair, kBinary };

// Where a property may stand. The acknowledgements (PUBACK, SUBACK, UNSUBACK) share one list.
constexpr uint8_t kInConnAck = 1;
constexpr uint8_t kInPublish = 2;
constexpr uint8_t kInAck = 4;
constexpr uint8_t kInDisconnect = 8;

struct Rule {
  PropertyId id;
  Kind kind;
  uint8_t allowed;
  /// Valid there by table 2-4, yet a protocol error towards this client: its CONNECT announces
  /// Topic Alias Maximum 0 and Request Problem Information 0, no authentication method, and no
  /// request for response information; and a server never sends a session expiry on DISCONNECT.
  uint8_t refused;
};

constexpr Rule kRules[] = {
    {PropertyId::kPayloadFormatIndicator, Kind::kFlag, kInPublish, 0},
    {PropertyId::kMessageExpiryInterval, Kind::kU32, kInPublish, 0},
    {PropertyId::kContentType, Kind::kText, kInPublish, 0},
    {PropertyId::kResponseTopic, Kind::kTopic, kInPublish, 0},
    {PropertyId::kCorrelationData, Kind::kBinary, kInPublish, 0},
    {PropertyId::kSubscriptionIdentifier, Kind::kVarint, kInPublish, 0},
    {PropertyId::kSessionExpiryInterval, Kind::kU32, kInConnAck, kInDisconnect},
    {PropertyId::kAssignedClientIdentifier, Kind::kText, kInConnAck, 0},
    {PropertyId::kServerKeepAlive, Kind::kU16, kInConnAck, 0},
    {PropertyId::kAuthenticationMethod, Kind::kText, 0, kInConnAck},
    {PropertyId::kAuthenticationData, Kind::kBinary, 0, kInConnAck},
    {PropertyId::kResponseInformation, Kind::kText, 0, kInConnAck},
    {PropertyId::kServerReference, Kind::kText, kInConnAck | kInDisconnect, 0},
    {PropertyId::kReasonString, Kind::kText, kInConnAck | kInDisconnect, kInAck},
    {PropertyId::kReceiveMaximum, Kind::kU16, kInConnAck, 0},
    {PropertyId::kTopicAliasMaximum, Kind::kU16, kInConnAck, 0},
    {PropertyId::kTopicAlias, Kind::kU16, 0, kInPublish},
    {PropertyId::kMaximumQoS, Kind::kFlag, kInConnAck, 0},
    {PropertyId::kRetainAvailable, Kind::kFlag, kInConnAck, 0},
    {PropertyId::kUserProperty, Kind::kTextPair, kInConnAck | kInPublish | kInDisconnect, kInAck},
    {PropertyId::kMaximumPacketSize, Kind::kU32, kInConnAck, 0},
    {PropertyId::kWildcardSubscriptionAvailable, Kind::kFlag, kInConnAck, 0},
    {PropertyId::kSubscriptionIdentifierAvailable, Kind::kFlag, kInConnAck, 0},
    {PropertyId::kSharedSubscriptionAvailable, Kind::kFlag, kInConnAck, 0},
};

constexpr Fault kBadLength = malformed("property length");
constexpr Fault kMisplaced = malformed("misplaced property");
constexpr Fault kBadValue = malformed("property value");
constexpr Fault kWildcard = malformed("response topic");  // [MQTT-3.3.2-14]
constexpr Fault kEmptyTopic = protocol_error("empty topic");
constexpr Fault kNotAskedFor = protocol_error("unwanted property");
constexpr Fault kRepeated = protocol_error("repeated property");
constexpr Fault kOutOfRange = protocol_error("property range");
constexpr Fault kAlias = {Reason::kTopicAliasInvalid, "topic alias"};

uint8_t place_of(PacketType type) {
  if (type == PacketType::kConnAck) return kInConnAck;
  if (type == PacketType::kPublish) return kInPublish;
  return type == PacketType::kDisconnect ? kInDisconnect : kInAck;
}

const Rule* find_rule(uint8_t id, uint8_t place) {
  for (const Rule& rule : kRules) {
    if (static_cast<uint8_t>(rule.id) == id && ((rule.allowed | rule.refused) & place))
      return &rule;
  }
  return nullptr;
}

bool is_repeatable(PropertyId id) {
  return id == PropertyId::kUserProperty || id == PropertyId::kSubscriptionIdentifier;
}

bool is_never_zero(PropertyId id) {
  return id == PropertyId::kReceiveMaximum || id == PropertyId::kMaximumPacketSize ||
         id == PropertyId::kSubscriptionIdentifier;
}

Verdict check_topic(Bytes topic) {
  if (has_wildcard(topic)) return &kWildcard;
  return topic.empty() ? &kEmptyTopic : nullptr;
}

/// `number` is left alone by texts and binary data.
Verdict decode_value(Reader& in, Kind kind, uint32_t& number) {
  Bytes text;
  switch (kind) {
    case Kind::kFlag:
      number = in.u8();
      break;
    case Kind::kU16:
      number = in.u16();
      break;
    case Kind::kU32:
      number = in.u32();
      break;
    case Kind::kVarint:
      number = in.varint();
      break;
    case Kind::kTextPair:
      (void)in.text();
      text = in.text();
      break;
    case Kind::kText:
    case Kind::kTopic:
      text = in.text();
      break;
    case Kind::kBinary:
      (void)in.binary();
      break;
  }
  if (in.failed()) return &kBadValue;
  if (kind == Kind::kFlag && number > 1) return &kOutOfRange;
  return kind == Kind::kTopic ? check_topic(text) : nullptr;
}

Verdict decode_property(Reader& in, uint8_t place, PropertySet& out) {
  const Rule* rule = find_rule(in.u8(), place);
  if (rule == nullptr) return &kMisplaced;
  if (rule->id == PropertyId::kTopicAlias) return &kAlias;
  if (rule->refused & place) return &kNotAskedFor;
  if (out.has(rule->id) && !is_repeatable(rule->id)) return &kRepeated;
  uint32_t number = 0;
  if (Verdict fault = decode_value(in, rule->kind, number)) return fault;
  if (number == 0 && is_never_zero(rule->id)) return &kOutOfRange;
  out.insert(rule->id, number);
  return nullptr;
}

}  // namespace

uint32_t PropertySet::number(PropertyId id, uint32_t otherwise) const {
  return has(id) ? numbers_[static_cast<size_t>(id)] : otherwise;
}

void PropertySet::insert(PropertyId id, uint32_t number) {
  if (has(id)) return;
  seen_[static_cast<size_t>(id)] = true;
  numbers_[static_cast<size_t>(id)] = number;
}

Verdict decode_properties(Reader& in, PacketType type, PropertySet& out) {
  const uint32_t size = in.varint();
  Reader list(in.take(size));
  if (in.failed()) return &kBadLength;
  while (list.left() > 0) {
    if (Verdict fault = decode_property(list, place_of(type), out)) return fault;
  }
  return nullptr;
}

}  // namespace flotilla::mqtt
