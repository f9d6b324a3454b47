#include "simulator/control/broker_transport.h"

#include <algorithm>
#include <utility>

namespace flotilla::sim {
namespace {

constexpr uint16_t kKeepAlive = 60;
constexpr Duration kPingInterval = seconds(30);
constexpr Duration kFirstRetry = seconds(1);
constexpr uint32_t kMaxDoublings = 5;

}  // namespace

BrokerTransport::BrokerTransport(const Parts& parts)
    : parts_(parts), self_(parts_.scheduler.add(*this)) {}

void BrokerTransport::on_event(uint32_t kind, uint64_t value) {
  if (value != epoch_) return;
  switch (static_cast<Kind>(kind)) {
    case kConnect:
      return connect();
    case kOut:
      return send_due();
    case kIn:
      return hear_due();
    case kPing:
      if (state_ != State::kUp) return;
      if (dead_) return lose("no answer to a ping");
      parts_.broker.ping(connection_);
      return parts_.scheduler.after(kPingInterval, self_, kPing, epoch_);
  }
}

void BrokerTransport::start(controller::TransportEvents events) {
  events_ = std::move(events);
  state_ = State::kDown;
  ++epoch_;
  parts_.scheduler.after(parts_.latency, self_, kConnect, epoch_);
}

void BrokerTransport::stop() {
  kill();
}

void BrokerTransport::kill() {
  if (connection_ != 0 && !dead_) parts_.broker.lost(connection_);
  connection_ = 0;
  ++epoch_;
  state_ = State::kStopped;
  in_flight_.clear();
  out_.clear();
  in_.clear();
  events_ = {};
}

void BrokerTransport::connect() {
  if (!reachable_ || !parts_.broker.running()) return retry();
  state_ = State::kConnecting;
  dead_ = false;
  ConnectRequest request;
  request.client_id = parts_.client_id;
  request.keep_alive_s = kKeepAlive;
  connection_ = parts_.broker.connect(*this, request);
}

void BrokerTransport::retry() {
  state_ = State::kDown;
  ++epoch_;
  const Duration wait{kFirstRetry.ms << std::min(failures_++, kMaxDoublings)};
  parts_.scheduler.after(milliseconds(500) + parts_.chance.up_to(wait), self_, kConnect, epoch_);
}

void BrokerTransport::closed(uint8_t) {
  connection_ = 0;
  if (!dead_) hear(Closed{});
}

void BrokerTransport::lose(const char* reason) {
  if (connection_ != 0 && !dead_) parts_.broker.lost(connection_);
  connection_ = 0;
  const bool was_up = state_ == State::kUp;
  in_flight_.clear();
  out_.clear();
  in_.clear();
  retry();
  if (was_up && events_.lost) events_.lost(reason);
}

void BrokerTransport::set_reachable(bool reachable, bool noticed) {
  reachable_ = reachable;
  if (reachable || connection_ == 0) return;
  if (noticed) return lose("the network is gone");
  dead_ = true;
}

uint16_t BrokerTransport::fresh_id() {
  do {
    ++last_id_;
  } while (last_id_ == 0 || in_flight_.contains(last_id_));
  return last_id_;
}

Status BrokerTransport::publish(std::string_view topic, Bytes payload, bool retain,
                                uint64_t token) {
  if (state_ != State::kUp) return {Code::kUnavailable, "not connected"};
  if (in_flight_.size() >= parts_.max_in_flight) {
    return {Code::kResourceExhausted, "too much is in flight"};
  }
  if (before_publish) before_publish();
  PublishRequest request;
  request.topic = topic;
  request.payload = as_text(payload);
  request.qos = 1;
  request.retain = retain;
  request.packet_id = fresh_id();
  parts_.trace.text(TraceKind::kEffect, topic);
  parts_.trace.bytes(TraceKind::kEffect, payload);
  in_flight_[request.packet_id] = token;
  say(std::move(request));
  return ok_status();
}

Status BrokerTransport::subscribe(std::string_view filter) {
  if (state_ != State::kUp) return {Code::kUnavailable, "not connected"};
  Filter change;
  change.request.filter = filter;
  change.request.qos = 1;
  change.request.retain_as_published = true;
  say(std::move(change));
  return ok_status();
}

Status BrokerTransport::unsubscribe(std::string_view filter) {
  if (state_ != State::kUp) return {Code::kUnavailable, "not connected"};
  Filter change;
  change.request.filter = filter;
  change.wanted = false;
  say(std::move(change));
  return ok_status();
}

void BrokerTransport::say(Packet packet) {
  const MonoTime when = parts_.scheduler.now() + parts_.latency;
  const bool announced = !out_.empty() && out_.back().when == when;
  out_.push_back({when, std::move(packet)});
  if (!announced) parts_.scheduler.at(when, self_, kOut, epoch_);
}

void BrokerTransport::hear(News news) {
  const MonoTime when = parts_.scheduler.now() + parts_.latency;
  const bool announced = !in_.empty() && in_.back().when == when;
  in_.push_back({when, std::move(news)});
  if (!announced) parts_.scheduler.at(when, self_, kIn, epoch_);
}

void BrokerTransport::send_due() {
  const uint64_t epoch = epoch_;
  while (epoch == epoch_ && !out_.empty() && out_.front().when <= parts_.scheduler.now()) {
    Packet packet = std::move(out_.front().what);
    out_.pop_front();
    if (dead_ || connection_ == 0) continue;
    if (auto* publish = std::get_if<PublishRequest>(&packet)) {
      parts_.broker.publish(connection_, std::move(*publish));
    } else {
      const Filter& filter = std::get<Filter>(packet);
      if (filter.wanted) {
        parts_.broker.subscribe(connection_, filter.request);
      } else {
        parts_.broker.unsubscribe(connection_, filter.request.filter, 0);
      }
    }
  }
}

void BrokerTransport::hear_due() {
  const uint64_t epoch = epoch_;
  while (epoch == epoch_ && !in_.empty() && in_.front().when <= parts_.scheduler.now()) {
    const News news = std::move(in_.front().what);
    in_.pop_front();
    if (!dead_) take(news);
  }
}

void BrokerTransport::take(const News& news) {
  if (std::holds_alternative<Connected>(news)) {
    state_ = State::kUp;
    failures_ = 0;
    parts_.scheduler.after(kPingInterval, self_, kPing, epoch_);
    events_.connected();
  } else if (std::holds_alternative<Closed>(news)) {
    lose("the broker closed the connection");
  } else if (const auto* ack = std::get_if<Ack>(&news)) {
    const auto found = in_flight_.find(ack->packet_id);
    if (found == in_flight_.end()) return;
    const uint64_t token = found->second;
    in_flight_.erase(found);
    events_.published(token, true, "");
  } else {
    const Delivery& delivery = std::get<Delivery>(news);
    // As soon as it is handed over, and not worth an event of its own.
    if (delivery.packet_id != 0) parts_.broker.puback(connection_, delivery.packet_id);
    events_.message(delivery.message->topic, delivery.message->payload, delivery.retain);
  }
}

}  // namespace flotilla::sim
