#include "edge-client/agent/agent.h"

namespace flotilla::edge {

Agent::Route Agent::route_of(const ParsedTopic& topic) const {
  const bool own_class = topic.hardware_class == config_.device.hardware_class.view();
  const bool own_name = topic.device == config_.device.device.view();
  switch (topic.kind) {
    case TopicKind::kClassDirective:
      return own_class ? Route::kClassDirective : Route::kDiscard;
    case TopicKind::kKeyset:
      return own_class ? Route::kKeyset : Route::kDiscard;
    case TopicKind::kOffer:
      return own_class ? Route::kOffer : Route::kDiscard;
    case TopicKind::kChunk:
      return own_class ? Route::kChunk : Route::kDiscard;
    case TopicKind::kDeviceDirective:
      return own_name ? Route::kDeviceDirective : Route::kDiscard;
    case TopicKind::kAcknowledgement:
      return own_name ? Route::kAcknowledgement : Route::kDiscard;
    case TopicKind::kState:
    case TopicKind::kHealth:
    case TopicKind::kUnknown:
      return Route::kDiscard;
  }
  return Route::kDiscard;
}

bool Agent::is_abandoned(const Inbound& message) const {
  if (message.route == Route::kOffer) return !offer_.wants(message.part);
  const bool is_chunk = message.route == Route::kChunk || message.route == Route::kOversizedChunk;
  return is_chunk && !group_.wants(message.part);
}

MutableBytes Agent::buffer_for(Route route) {
  if (route == Route::kChunk || route == Route::kOffer) return device_.chunk_buffer();
  return memory_.message;
}

/// Decides where a message goes; counts one that goes nowhere.
Agent::Inbound Agent::classify(const mqtt::PublishHeader& header) {
  const uint32_t id = header.subscription_id;
  if (id != 0 && !offer_.has_id(id) && !group_.has_id(id)) {
    ++counters_.late;
    return {};
  }
  if (header.payload_size == 0) {
    ++counters_.cleared;
    return {};
  }
  const ParsedTopic topic = parse_topic(topics_, header.topic);
  const Inbound message{
      route_of(topic), {topic.transfer, topic.chunk / kGroupSize}, header.payload_size};
  if (is_abandoned(message)) {
    ++counters_.late;
    return {};
  }
  if (message.route == Route::kDiscard) ++counters_.unexpected;
  return message;
}

MutableBytes Agent::on_publish_begin(const mqtt::PublishHeader& header) {
  ++counters_.messages;
  inbound_ = classify(header);
  if (inbound_.route == Route::kDiscard) return {};
  const MutableBytes buffer = buffer_for(inbound_.route);
  if (inbound_.size <= buffer.size()) return buffer.first(inbound_.size);
  ++counters_.oversized;
  inbound_.route = inbound_.route == Route::kChunk ? Route::kOversizedChunk : Route::kDiscard;
  return {};
}

void Agent::on_publish_end() {
  const Inbound message = inbound_;
  inbound_ = {};
  if (is_abandoned(message)) {  // given up while it was arriving
    ++counters_.late;
    return;
  }
  switch (message.route) {
    case Route::kDiscard:
      return;
    case Route::kOversizedChunk:
      return device_.on_malformed_chunk(message.size, now_);
    case Route::kOffer:
      return deliver_offer(message);
    case Route::kChunk:
      return deliver_chunk(message);
    case Route::kClassDirective:
    case Route::kDeviceDirective:
      return deliver_directive(message);
    case Route::kKeyset:
      return deliver_keyset(message);
    case Route::kAcknowledgement:
      return deliver_acknowledgement(message);
  }
}

template <typename T>
bool Agent::decoded(const Result<T>& result) {
  if (!result.ok()) ++counters_.malformed;
  return result.ok();
}

void Agent::deliver_offer(const Inbound& message) {
  const auto offer = wire::decode_offer(buffer_for(message.route).first(message.size));
  if (decoded(offer)) device_.on_offer(message.part.transfer, offer.value(), now_);
}

void Agent::deliver_chunk(const Inbound& message) {
  const auto chunk = wire::decode_chunk(buffer_for(message.route).first(message.size));
  if (decoded(chunk)) return device_.on_chunk(chunk.value(), message.size, now_);
  device_.on_malformed_chunk(message.size, now_);
}

void Agent::deliver_directive(const Inbound& message) {
  const bool personal = message.route == Route::kDeviceDirective;
  const auto directive = wire::decode_directive(buffer_for(message.route).first(message.size));
  if (decoded(directive)) device_.on_directive(directive.value(), personal, now_);
}

void Agent::deliver_keyset(const Inbound& message) {
  const auto keyset = wire::decode_keyset(buffer_for(message.route).first(message.size));
  if (decoded(keyset)) device_.on_keyset(keyset.value(), now_);
}

void Agent::deliver_acknowledgement(const Inbound& message) {
  const auto ack = wire::decode_acknowledgement(buffer_for(message.route).first(message.size));
  if (decoded(ack)) device_.on_acknowledgement(ack.value(), now_);
}

}  // namespace flotilla::edge
