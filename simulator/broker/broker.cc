#include "simulator/broker/broker.h"

#include <algorithm>
#include <utility>

namespace flotilla::sim {
namespace {

constexpr uint8_t kNoSubscribers = 0x10;
constexpr uint8_t kWithoutAWord = 0;  ///< as Mosquitto 2.0 closes connections

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
      if (sessions_[session] && !sessions_[session]->online()) drop_session(session);
      return;
    }
  }
}

// ---- connections

BrokerSession* Broker::touch(Connection from) {
  if (!is_open(from)) return nullptr;
  BrokerSession* const session = sessions_[connections_[from]].get();
  session->last_seen = scheduler_.now();
  return session;
}

Broker::SessionId Broker::make_session(const std::string& client_id) {
  const auto id = static_cast<SessionId>(sessions_.size());
  sessions_.push_back(std::make_unique<BrokerSession>(client_id, options_.limits));
  by_client_[client_id] = id;
  return id;
}

void Broker::forget_subscriptions(BrokerSession& session) {
  const SessionId id = by_client_.at(session.client_id());
  for (const auto& [filter, request] : session.subscriptions) index_.remove(filter, id);
  session.subscriptions.clear();
}

void Broker::drop_session(SessionId id) {
  if (!sessions_[id]) return;
  forget_subscriptions(*sessions_[id]);
  by_client_.erase(sessions_[id]->client_id());
  swapped_.erase(id);
  sessions_[id].reset();
}

Broker::Connection Broker::connect(Outlet& outlet, const ConnectRequest& request) {
  if (!running_) return 0;
  auto known = by_client_.find(request.client_id);
  if (known != by_client_.end() && sessions_[known->second]->online()) {
    ++counters_.takeovers;
    take_over(*sessions_[known->second], request.clean_start);
    known = by_client_.find(request.client_id);  // it may have ended with its connection
  }
  const bool ends =
      known != by_client_.end() && (request.clean_start || sessions_[known->second]->expiry_s == 0);
  if (ends) drop_session(known->second);
  known = by_client_.find(request.client_id);
  const bool present = known != by_client_.end();
  const SessionId id = present ? known->second : make_session(request.client_id);
  const Connection connection = connections_.size();
  connections_.push_back(id);
  ++online_;
  BrokerSession& session = *sessions_[id];
  session.connection = connection;
  session.keep_alive_s = request.keep_alive_s;
  session.last_seen = scheduler_.now();
  session.will = request.will;
  session.clean_start = request.clean_start;
  session.expiry_s = request.session_expiry_s;
  outlet.connack(present, 0);
  session.attach(outlet, request.receive_maximum);
  if (request.keep_alive_s > 0) {
    scheduler_.after(milliseconds(1500 * request.keep_alive_s), self_, kKeepAlive, connection);
  }
  return connection;
}

/// As Mosquitto 2.0 does it: a session that goes on keeps its will to itself; one that ends because
/// its time is over sends it while the old connection still listens.
void Broker::take_over(BrokerSession& session, bool clean_start) {
  const std::optional<Will> last = std::exchange(session.will, std::nullopt);
  if (clean_start) forget_subscriptions(session);
  if (last && (session.expiry_s == 0 || clean_start)) send_will(*last);
  close(session.connection, kWithoutAWord);
}

void Broker::send_will(const Will& last) {
  const auto will = std::make_shared<Message>(Message{last.topic, last.payload, last.qos});
  if (last.retain) keep(will);
  (void)route(will, last.retain);
}

void Broker::check_keep_alive(Connection connection) {
  if (!is_open(connection)) return;
  const BrokerSession& session = *sessions_[connections_[connection]];
  const MonoTime due = session.last_seen + milliseconds(1500 * session.keep_alive_s);
  if (scheduler_.now() < due) return scheduler_.at(due, self_, kKeepAlive, connection);
  ++counters_.timeouts;
  close(connection, kWithoutAWord);
}

/// Takes the connection away; the outlet hears nothing.
void Broker::end(Connection connection, bool with_will) {
  if (!is_open(connection)) return;
  const SessionId id = std::exchange(connections_[connection], kNobody);
  --online_;
  BrokerSession& session = *sessions_[id];
  const std::optional<Will> last = std::exchange(session.will, std::nullopt);
  session.connection = 0;
  session.detach();
  if (session.expiry_s == 0) {
    drop_session(id);
  } else if (session.expiry_s != UINT32_MAX) {
    scheduler_.after(seconds(session.expiry_s), self_, kExpire, id);
  }
  if (with_will && last) send_will(*last);
}

void Broker::close(Connection connection, uint8_t reason) {
  if (!is_open(connection)) return;
  Outlet* outlet = sessions_[connections_[connection]]->outlet();
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
  const BrokerSession* session = touch(from);
  if (session != nullptr) session->outlet()->pingresp();
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
  BrokerSession* const session = touch(from);
  if (session == nullptr) return;
  const auto message = std::make_shared<Message>(
      Message{std::move(request.topic), std::move(request.payload), request.qos});
  ++counters_.published;
  if (on_publish) on_publish(session->client_id(), *message, request.retain);
  if (request.retain) keep(message);
  const bool reached = route(message, request.retain);
  // Routing may end no session of a client that publishes.
  if (request.qos > 0) session->outlet()->puback(request.packet_id, reached ? 0 : kNoSubscribers);
}

/// False when nobody has subscribed to it.
bool Broker::route(const MessagePtr& message, bool retain) {
  matches_.clear();
  index_.find(message->topic, matches_);
  for (const TopicIndex::Match match : matches_) {
    const auto& subscriptions = sessions_[match.subscriber]->subscriptions;
    const SubscribeRequest& request = subscriptions.find(match.filter)->second;
    Delivery delivery;
    delivery.message = message;
    delivery.qos = std::min(message->qos, request.qos);
    delivery.retain = retain && request.retain_as_published;
    delivery.subscription_id = request.subscription_id;
    deliver(match.subscriber, delivery);
  }
  return !matches_.empty();
}

void Broker::deliver(SessionId to, const Delivery& delivery) {
  BrokerSession& session = *sessions_[to];
  const Mischief how = mischief ? mischief(*delivery.message) : Mischief::kNone;
  if (how != Mischief::kNone) ++counters_.mischief;
  if (how == Mischief::kLose) return;
  if (how == Mischief::kSwap && !swapped_.contains(to)) {
    swapped_[to] = delivery;
    return;
  }
  const int times = how == Mischief::kDouble ? 2 : 1;
  for (int i = 0; i < times; ++i)
    ++(session.send(delivery) ? counters_.delivered : counters_.dropped);
  if (swapped_.empty()) return;
  const auto behind = swapped_.find(to);
  if (behind == swapped_.end()) return;
  const Delivery late = std::move(behind->second);
  swapped_.erase(behind);
  ++(session.send(late) ? counters_.delivered : counters_.dropped);
}

void Broker::puback(Connection from, uint16_t packet_id) {
  BrokerSession* session = touch(from);
  if (session != nullptr) session->acknowledged(packet_id);
}

void Broker::subscribe(Connection from, const SubscribeRequest& request) {
  BrokerSession* const session = touch(from);
  if (session == nullptr) return;
  const SessionId id = connections_[from];
  const auto known = session->subscriptions.find(request.filter);
  const bool is_new = known == session->subscriptions.end();
  SubscribeRequest& kept = session->subscriptions[request.filter];
  // A repeated subscription changes all but this in Mosquitto 2.0.
  const bool as_published = is_new ? request.retain_as_published : kept.retain_as_published;
  kept = request;
  kept.retain_as_published = as_published;
  if (is_new) index_.add(request.filter, id);
  session->outlet()->suback(request.packet_id, std::min<uint8_t>(request.qos, 1));
  if (request.retain_handling == 0 || (request.retain_handling == 1 && is_new)) {
    send_retained(id, request);
  }
}

void Broker::send_retained(SessionId to, const SubscribeRequest& request) {
  const std::string_view filter = request.filter;
  std::string_view stem = filter.substr(0, filter.find_first_of("+#"));
  // "a/#" covers "a" as well.
  if (filter.ends_with("/#") && stem.size() + 1 == filter.size()) stem.remove_suffix(1);
  for (auto it = retained_.lower_bound(stem); it != retained_.end(); ++it) {
    if (it->first.compare(0, stem.size(), stem) != 0) break;
    if (!covers(filter, it->first)) continue;
    Delivery delivery;
    delivery.message = it->second;
    delivery.qos = std::min(it->second->qos, request.qos);
    delivery.retain = true;
    delivery.subscription_id = request.subscription_id;
    deliver(to, delivery);
  }
}

void Broker::unsubscribe(Connection from, std::string_view filter, uint16_t packet_id) {
  BrokerSession* const session = touch(from);
  if (session == nullptr) return;
  constexpr uint8_t kNoSubscription = 0x11;
  const auto found = session->subscriptions.find(filter);
  const bool known = found != session->subscriptions.end();
  if (known) {
    index_.remove(filter, connections_[from]);
    session->subscriptions.erase(found);
  }
  session->outlet()->unsuback(packet_id, known ? 0 : kNoSubscription);
}

// ---- life

void Broker::autosave() {
  scheduler_.after(options_.autosave, self_, kAutosave);
  if (running_) save();
}

void Broker::save() {
  saved_retained_ = retained_;
  saved_sessions_.clear();
  for (const auto& session : sessions_) {
    // Mosquitto 2.0 brings back no session whose last CONNECT asked for a clean start, and every
    // other one: also one that was to end with its connection, until its client is there.
    if (!session || session->clean_start) continue;
    saved_sessions_.push_back(
        {session->client_id(), session->expiry_s, session->subscriptions, session->unfinished()});
  }
}

void Broker::shut_down() {
  for (const auto& session : sessions_) {
    if (!session || !session->will) continue;
    send_will(*std::exchange(session->will, std::nullopt));
  }
  save();
  stop();
}

void Broker::stop() {
  running_ = false;
  for (Connection connection = 1; connection < connections_.size(); ++connection) {
    if (!is_open(connection)) continue;
    Outlet* outlet = sessions_[connections_[connection]]->outlet();
    end(connection, false);
    if (outlet != nullptr) outlet->closed(0);
  }
  for (SessionId id = 1; id < sessions_.size(); ++id) drop_session(id);
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
    sessions_[id]->expiry_s = saved.expiry_s;
    sessions_[id]->subscriptions = saved.subscriptions;
    sessions_[id]->restore(saved.unfinished);
    for (const auto& [filter, request] : saved.subscriptions) index_.add(filter, id);
    const bool expires = saved.expiry_s != 0 && saved.expiry_s != UINT32_MAX;
    if (expires) scheduler_.after(seconds(saved.expiry_s), self_, kExpire, id);
  }
}

void Broker::forget_retained() {
  retained_.clear();
}

}  // namespace flotilla::sim
