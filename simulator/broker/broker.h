#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "simulator/broker/message.h"
#include "simulator/broker/session.h"
#include "simulator/broker/topic_index.h"
#include "simulator/engine/scheduler.h"

namespace flotilla::sim {

struct BrokerOptions {
  BrokerSession::Limits limits;
  Duration autosave = seconds(1800);  ///< what a restart with persistence finds is this old
};

struct BrokerCounters {
  uint64_t published = 0;
  uint64_t delivered = 0;
  uint64_t dropped = 0;   ///< a queue was full
  uint64_t mischief = 0;  ///< lost, doubled or swapped on order
  uint64_t takeovers = 0;
  uint64_t timeouts = 0;  ///< keep-alive
};

/// What an unkind broker does to one delivery.
enum class Mischief : uint8_t { kNone, kLose, kDouble, kSwap };

/// A model of an MQTT 5 broker (after Mosquitto 2.0: QoS 0 and 1, retained messages, persistent
/// sessions, receive maximum, bounded queues that drop in silence, wills, takeover, keep-alive,
/// restarts that remember what the last autosave wrote). It takes packets, not bytes; whoever owns
/// a connection's bytes takes them apart.
class Broker final : private Target {
 public:
  using Connection = uint64_t;  ///< never used twice; 0: none

  Broker(Scheduler& scheduler, const BrokerOptions& options);

  // ---- packets of clients
  /// The connection lives until lost(), disconnect() or Outlet::closed().
  Connection connect(Outlet& outlet, const ConnectRequest& request);
  void publish(Connection from, PublishRequest request);
  void puback(Connection from, uint16_t packet_id);
  void subscribe(Connection from, const SubscribeRequest& request);
  void unsubscribe(Connection from, std::string_view filter, uint16_t packet_id);
  void ping(Connection from);
  /// A goodbye: no will.
  void disconnect(Connection from);
  /// The transport is gone.
  void lost(Connection from);
  bool is_open(Connection connection) const {
    return connection < connections_.size() && connections_[connection] != kNobody;
  }

  // ---- life
  bool running() const { return running_; }
  /// It dies: nothing is sent, nothing saved.
  void stop();
  /// It is told to end: wills go out, everything is saved.
  void shut_down();
  /// `remembers`: with what the last autosave wrote; otherwise empty.
  void start(bool remembers);
  void forget_retained();
  /// What an autosave does.
  void save();

  // ---- looking, and mischief
  const std::map<std::string, MessagePtr, std::less<>>& retained() const { return retained_; }
  const BrokerCounters& counters() const { return counters_; }
  size_t connections() const { return online_; }
  /// Asked for every live delivery. Swapped ones come behind the next of the same client.
  std::function<Mischief(const Message&)> mischief;
  /// Sees every accepted publish before it is routed.
  std::function<void(const std::string& client_id, const Message&, bool retain)> on_publish;

 private:
  enum Kind : uint32_t { kKeepAlive, kAutosave, kExpire };
  using SessionId = uint32_t;

  static constexpr SessionId kNobody = 0;

  struct Saved {
    std::string client_id;
    uint32_t expiry_s = 0;
    std::map<std::string, SubscribeRequest, std::less<>> subscriptions;
    BrokerSession::Unfinished unfinished;
  };

  void on_event(uint32_t kind, uint64_t value) override;
  /// Session of an open connection, which is alive; null when it is closed.
  BrokerSession* touch(Connection from);
  SessionId make_session(const std::string& client_id);
  void drop_session(SessionId id);
  void end(Connection connection, bool with_will);
  void forget_subscriptions(BrokerSession& session);
  void take_over(BrokerSession& session, bool clean_start);
  void send_will(const Will& last);
  void close(Connection connection, uint8_t reason);
  bool route(const MessagePtr& message, bool retain);
  void deliver(SessionId to, const Delivery& delivery);
  void keep(const MessagePtr& message);
  void send_retained(SessionId to, const SubscribeRequest& request);
  void check_keep_alive(Connection connection);
  void autosave();

  Scheduler& scheduler_;
  const BrokerOptions options_;
  const TargetId self_;
  bool running_ = true;
  /// By number, which is given once; what is over leaves an empty place.
  std::vector<SessionId> connections_{kNobody};
  std::vector<std::unique_ptr<BrokerSession>> sessions_ =
      std::vector<std::unique_ptr<BrokerSession>>(1);
  std::unordered_map<std::string, SessionId> by_client_;
  size_t online_ = 0;
  TopicIndex index_;
  std::map<std::string, MessagePtr, std::less<>> retained_;
  std::map<std::string, MessagePtr, std::less<>> saved_retained_;
  std::vector<Saved> saved_sessions_;
  std::map<SessionId, Delivery> swapped_;
  std::vector<TopicIndex::Match> matches_;
  BrokerCounters counters_;
};

}  // namespace flotilla::sim
