#include "simulator/broker/broker.h"

#include <algorithm>
#include <utility>

namespace flotilla::sim {
namespace {

constexpr uint8_t kTakenOver = 0x8E;
constexpr uint8_t kKeepAliveTimeout = 0x8D;

}  // namespace

Broker::Broker(Scheduler& scheduler, const BrokerOptions& options)
    : scheduler_(scheduler), options_(options), self_(scheduler.add(*this)) {
  if (options_.autosave.ms > 0) scheduler_.after(options_.autosave, self_, kAutosave);
}

void Broker::on_event(uint32_t kind, uint64_t value) {
  switch (static_cast<Kind>(kind)) {
    case kKeepAlive:
      return check_keep_alive(value);
    case kAutosave:
      return autosave();
    case kExpire: {
      const auto session = static_cast<SessionId>(value);
      if (sessions_.contains(session) && !online_.contains(session)) drop_session(session);
      return;
    }
  }
}

// ---- connections

Broker::Open* Broker::touch(Connection from) {
  const auto found = connections_.find(from);
  if (found == connections_.end()) return nullptr;
  found->second.last_seen = scheduler_.now();
  return &found->second;
}

Broker::SessionId Broker::make_session(const std::string& client_id) {
  const SessionId id = ++last_session_;
  sessions_.emplace(id, std::make_unique<BrokerSession>(client_id, options_.limits));
  by_client_[client_id] = id;
  return id;
}

void Broker::drop_session(SessionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  for (const auto& [filter, request] : found->second->subscriptions) index_.remove(filter, id);
  by_client_.erase(found->second->client_id());
  swapped_.erase(id);
  sessions_.erase(found);
}

Broker::Connection Broker::connect(Outlet& outlet, const ConnectRequest& request) {
  if (!running_) return 0;
  auto known = by_client_.find(request.client_id);
  if (known != by_client_.end()) {
    const auto other = online_.find(known->second);
    if (other != online_.end()) {
      ++counters_.takeovers;
      close(other->second, kTakenOver);
    }
    known = by_client_.find(request.client_id);  // it may have ended with its connection
  }
  if (known != by_client_.end() && request.clean_start) drop_session(known->second);
  known = by_client_.find(request.client_id);
  const bool present = known != by_client_.end();
  const SessionId session = present ? known->second : make_session(request.client_id);
  const Connection connection = ++last_connection_;
  connections_[connection] = {session, request.keep_alive_s, scheduler_.now(), request.will};
  online_[session] = connection;
  sessions_.at(session)->expiry_s = request.session_expiry_s;
  outlet.connack(present, 0);
  sessions_.at(session)->attach(outlet, request.receive_maximum);
  if (request.keep_alive_s > 0) {
    scheduler_.after(milliseconds(1500 * request.keep_alive_s), self_, kKeepAlive, connection);
  }
  return connection;
}

void Broker::check_keep_alive(Connection connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const Duration limit = milliseconds(1500 * found->second.keep_alive_s);
  const MonoTime due = found->second.last_seen + limit;
  if (scheduler_.now() < due) return scheduler_.at(due, self_, kKeepAlive, connection);
  ++counters_.timeouts;
  close(connection, kKeepAliveTimeout);
}

/// Takes the connection away; the outlet hears nothing.
void Broker::end(Connection connection, bool with_will) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  Open open = std::move(found->second);
  connections_.erase(found);
  online_.erase(open.session);
  BrokerSession& session = session_of(open);
  const std::string client_id = session.client_id();
  session.detach();
  if (session.expiry_s == 0) {
    drop_session(open.session);
  } else if (session.expiry_s != UINT32_MAX) {
    scheduler_.after(seconds(session.expiry_s), self_, kExpire, open.session);
  }
  if (!with_will || !open.will) return;
  const auto will = std::make_shared<Message>(
      Message{std::move(open.will->topic), std::move(open.will->payload)});
  if (open.will->retain) keep(will);
  route(will, open.will->qos, open.will->retain, client_id);
}

void Broker::close(Connection connection, uint8_t reason) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  Outlet* outlet = session_of(found->second).outlet();
  end(connection, true);
  if (outlet != nullptr) outlet->closed(reason);
}

void Broker::disconnect(Connection from) {
  end(from, false);
}

void Broker::lost(Connection from) {
  end(from, true);
}

void Broker::ping(Connection from) {
  const Open* open = touch(from);
  if (open != nullptr) session_of(*open).outlet()->pingresp();
}

// ---- messages

void Broker::keep(const MessagePtr& message) {
  if (message->payload.empty()) {
    retained_.erase(message->topic);
  } else {
    retained_[message->topic] = message;
  }
}

void Broker::publish(Connection from, PublishRequest request) {
  const Open* open = touch(from);
  if (open == nullptr) return;
  BrokerSession& session = session_of(*open);
  const std::string client_id = session.client_id();
  const auto message =
      std::make_shared<Message>(Message{std::move(request.topic), std::move(request.payload)});
  ++counters_.published;
  if (on_publish) on_publish(client_id, *message, request.retain);
  if (request.retain) keep(message);
  if (request.qos > 0) session.outlet()->puback(request.packet_id, 0);
  route(message, request.qos, request.retain, client_id);
}

void Broker::route(const MessagePtr& message, uint8_t qos, bool retain, const std::string&) {
  matches_.clear();
  index_.find(message->topic, matches_);
  for (const TopicIndex::Match match : matches_) {
    const auto& subscriptions = sessions_.at(match.subscriber)->subscriptions;
    const SubscribeRequest& request = subscriptions.find(match.filter)->second;
    Delivery delivery;
    delivery.message = message;
    delivery.qos = std::min(qos, request.qos);
    delivery.retain = retain && request.retain_as_published;
    delivery.subscription_id = request.subscription_id;
    deliver(match.subscriber, delivery);
  }
}

void Broker::deliver(SessionId to, const Delivery& delivery) {
  const Mischief how = mischief ? mischief(*delivery.message) : Mischief::kNone;
  if (how != Mischief::kNone) ++counters_.mischief;
  if (how == Mischief::kLose) return;
  BrokerSession& session = *sessions_.at(to);
  if (how == Mischief::kSwap && !swapped_.contains(to)) {
    swapped_[to] = delivery;
    return;
  }
  const int times = how == Mischief::kDouble ? 2 : 1;
  for (int i = 0; i < times; ++i)
    ++(session.send(delivery) ? counters_.delivered : counters_.dropped);
  const auto behind = swapped_.find(to);
  if (behind == swapped_.end()) return;
  const Delivery late = std::move(behind->second);
  swapped_.erase(behind);
  ++(session.send(late) ? counters_.delivered : counters_.dropped);
}

void Broker::puback(Connection from, uint16_t packet_id) {
  const Open* open = touch(from);
  if (open != nullptr) session_of(*open).acknowledged(packet_id);
}

void Broker::subscribe(Connection from, const SubscribeRequest& request) {
  const Open* open = touch(from);
  if (open == nullptr) return;
  BrokerSession& session = session_of(*open);
  const bool is_new = !session.subscriptions.contains(request.filter);
  session.subscriptions[request.filter] = request;
  if (is_new) index_.add(request.filter, open->session);
  session.outlet()->suback(request.packet_id, std::min<uint8_t>(request.qos, 1));
  if (request.retain_handling == 0 || (request.retain_handling == 1 && is_new)) {
    send_retained(open->session, request);
  }
}

void Broker::send_retained(SessionId to, const SubscribeRequest& request) {
  const std::string_view filter = request.filter;
  const std::string_view stem = filter.substr(0, filter.find_first_of("+#"));
  for (auto it = retained_.lower_bound(stem); it != retained_.end(); ++it) {
    if (it->first.compare(0, stem.size(), stem) != 0) break;
    if (!covers(filter, it->first)) continue;
    Delivery delivery;
    delivery.message = it->second;
    delivery.qos = std::min<uint8_t>(request.qos, 1);
    delivery.retain = true;
    delivery.subscription_id = request.subscription_id;
    deliver(to, delivery);
  }
}

void Broker::unsubscribe(Connection from, std::string_view filter, uint16_t packet_id) {
  const Open* open = touch(from);
  if (open == nullptr) return;
  constexpr uint8_t kNoSubscription = 0x11;
  BrokerSession& session = session_of(*open);
  const auto found = session.subscriptions.find(filter);
  const bool known = found != session.subscriptions.end();
  if (known) {
    index_.remove(filter, open->session);
    session.subscriptions.erase(found);
  }
  session.outlet()->unsuback(packet_id, known ? 0 : kNoSubscription);
}

// ---- life

void Broker::autosave() {
  scheduler_.after(options_.autosave, self_, kAutosave);
  if (!running_) return;
  saved_retained_ = retained_;
  saved_sessions_.clear();
  for (const auto& [id, session] : sessions_) {
    if (session->expiry_s == 0) continue;
    saved_sessions_.push_back({session->client_id(), session->expiry_s, session->subscriptions});
  }
}

void Broker::stop() {
  running_ = false;
  std::vector<Connection> open;
  for (const auto& [session, connection] : online_) open.push_back(connection);
  std::sort(open.begin(), open.end());
  for (const Connection connection : open) {
    const auto found = connections_.find(connection);
    Outlet* outlet = session_of(found->second).outlet();
    end(connection, false);
    if (outlet != nullptr) outlet->closed(0);
  }
  std::vector<SessionId> kept;
  for (const auto& [id, session] : sessions_) kept.push_back(id);
  for (const SessionId id : kept) drop_session(id);
  retained_.clear();
}

void Broker::start(bool remembers) {
  running_ = true;
  if (!remembers) {
    saved_retained_.clear();
    saved_sessions_.clear();
    return;
  }
  retained_ = saved_retained_;
  for (const Saved& saved : saved_sessions_) {
    const SessionId id = make_session(saved.client_id);
    sessions_.at(id)->expiry_s = saved.expiry_s;
    sessions_.at(id)->subscriptions = saved.subscriptions;
    for (const auto& [filter, request] : saved.subscriptions) index_.add(filter, id);
    if (saved.expiry_s != UINT32_MAX) scheduler_.after(seconds(saved.expiry_s), self_, kExpire, id);
  }
}

void Broker::forget_retained() {
  retained_.clear();
}

}  // namespace flotilla::sim
