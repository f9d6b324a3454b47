#pragma once

#include <array>
#include <cstdint>

#include "edge-client/agent/reconnect.h"
#include "edge-client/agent/report_channel.h"
#include "edge-client/agent/wanted_filter.h"
#include "edge-client/core/device.h"
#include "edge-client/mqtt/session.h"
#include "edge-client/ports/device_signer.h"
#include "edge-client/ports/outbox.h"
#include "schemas/protocol/topics.h"
#include "schemas/wire/wire.h"

namespace flotilla::edge {

/// Everything fixed for the life of an agent.
struct AgentConfig {
  DeviceConfig device;
  FixedString<kMaxTopicPrefix> topic_prefix{"flotilla"};
  uint16_t keep_alive_s = 60;
  Duration connect_timeout = seconds(20);  ///< from CONNECT to CONNACK
  Duration report_timeout = seconds(60);   ///< from a report to its PUBACK; then the link is closed
  ReconnectConfig reconnect;
};

struct AgentPorts {
  Crypto& crypto;
  DeviceSigner& signer;
  SlotStorage& storage;
  Journal& journal;
  ModelRuntime& runtime;
};

/// Memory of an agent; the caller owns it. Everything 8-byte aligned.
struct AgentMemory {
  MutableBytes chunk;         ///< at least DeviceConfig::chunk_max + kChunkOverhead bytes
  MutableBytes decoder;       ///< DeviceConfig::decoder_memory_limit bytes
  MutableBytes message;       ///< kMaxEnvelope bytes
  MutableBytes state;         ///< kMaxStateReport bytes
  MutableBytes state_behind;  ///< kMaxStateReport bytes; empty: no report waits behind another
  MutableBytes health;        ///< kMaxHealthReport bytes
  MutableBytes arena;         ///< wire::kDeviceArena bytes; agents of one thread may share it
};

/// What happened and what was refused, since the start.
struct AgentCounters {
  uint64_t messages = 0;    ///< publishes received
  uint64_t late = 0;        ///< of an offer or group that is not wanted any more
  uint64_t oversized = 0;   ///< did not fit the buffer of its kind
  uint64_t malformed = 0;   ///< did not decode
  uint64_t unexpected = 0;  ///< a topic that was never subscribed to
  uint64_t cleared = 0;     ///< empty: a retained message was removed
  uint64_t refused = 0;     ///< subscribe or publish requests that broker or session refused
  uint64_t unsent = 0;      ///< reports that could not be encoded
};

/// For logs and checkers; called from inside the agent, must not call it back.
class AgentObserver {
 public:
  virtual void on_online() = 0;
  /// The connection, or the attempt, is over. `reason` is a literal.
  virtual void on_offline(uint8_t reason_code, const char* reason) = 0;
  /// The device wants this to be known; repeated until it is acknowledged.
  virtual void on_report(const StateReport& report) = 0;
  /// The broker (its reason code) or the session (0) refused something about this topic.
  virtual void on_refused(std::string_view topic, uint8_t reason_code) = 0;

 protected:
  ~AgentObserver() = default;
};

/// A device on a connection: joins the update machine, the MQTT session and the wire format. Owns
/// no socket, file, clock or heap; the transport's owner opens and closes connections when
/// should_open() and should_close() say so and carries bytes in between.
class Agent final : private mqtt::Listener, private Outbox {
 public:
  /// `observer` may be null. `seed`: fresh randomness.
  Agent(const AgentConfig& config, const AgentPorts& ports, const AgentMemory& memory,
        AgentObserver* observer, uint64_t seed);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  Status start(const Signed<Keyset>& provisioned, MonoTime now);
  /// Says goodbye; afterwards no connection is asked for.
  void stop(MonoTime now);

  // ---- transport
  /// True when a connection should be opened now; answer with opening().
  bool should_open(MonoTime now) const { return link_ == Link::kWaiting && now >= next_attempt_; }
  void opening() { enter(Link::kOpening); }
  void opened(MonoTime now);
  /// The attempt failed or the connection is gone, whoever closed it.
  void closed(MonoTime now);
  /// True when the transport has to be closed; answer with closed().
  bool should_close(MonoTime now) const;

  void receive(Bytes bytes, MonoTime now);
  Bytes pending_output() const;
  void transmit_done(size_t count, MonoTime now);

  // ---- runtime
  void on_self_test(uint8_t model, SelfTestOutcome outcome, std::string_view output, MonoTime now);

  // ---- time and slow work
  void tick(MonoTime now);
  MonoTime next_deadline() const;
  bool has_work() const;
  void work(MonoTime now);

  /// A session has begun on the connection; its end is told to the observer.
  bool session_started() const { return session_open(); }
  bool online() const { return link_ == Link::kOnline; }
  bool stopped() const { return link_ == Link::kStopped; }
  MonoTime next_attempt() const { return next_attempt_; }
  const AgentCounters& counters() const { return counters_; }
  const Device& device() const { return device_; }

 private:
  /// kWaiting -> kOpening -> kGreeting -> kOnline -> kClosing -> kWaiting; every state may fall
  /// back to kWaiting, and kStopped is the end.
  enum class Link : uint8_t { kWaiting, kOpening, kGreeting, kOnline, kClosing, kStopped };

  /// Where the publish that is arriving goes.
  enum class Route : uint8_t {
    kDiscard,
    kClassDirective,
    kDeviceDirective,
    kKeyset,
    kAcknowledgement,
    kOffer,
    kChunk,
    kOversizedChunk,
  };

  struct Inbound {
    Route route = Route::kDiscard;
    TransferPart part;
    uint32_t size = 0;
  };

  /// Between two repetitions of the directive subscriptions.
  static constexpr Duration kDirectiveInterval = seconds(60);
  static constexpr size_t kFixedFilters = 3;  ///< acknowledgements, commands, keyset
  static constexpr size_t kMaxStanding = kFixedFilters + kMaxModels;

  // mqtt::Listener
  void on_connected(const mqtt::ServerLimits& limits) override;
  MutableBytes on_publish_begin(const mqtt::PublishHeader& header) override;
  void on_publish_end() override;
  void on_subscribed(uint16_t packet_id, uint8_t reason_code) override;
  void on_unsubscribed(uint16_t packet_id, uint8_t reason_code) override;
  void on_published(uint16_t packet_id, uint8_t reason_code) override;
  void on_closed(uint8_t reason_code, const char* reason) override;

  // Outbox
  Status request_offer(TransferId transfer) override;
  Status request_group(TransferId transfer, uint32_t group) override;
  Status release_group(TransferId transfer, uint32_t group) override;
  Status release_offer(TransferId transfer) override;
  Status send_state(const StateReport& report) override;
  Status send_health(const HealthReport& report) override;
  Result<size_t> attest(const Attestation& attestation, MutableBytes out) override;

  void enter(Link link) { link_ = link; }
  bool session_open() const { return link_ == Link::kGreeting || link_ == Link::kOnline; }
  mqtt::Options session_options() const;
  /// The device knows of the connection, and reports come after the standing subscriptions.
  bool announced() const { return link_ == Link::kOnline && standing_done_; }
  void forget_connection();
  void check_report_timeout();

  // Inbound
  Route route_of(const ParsedTopic& topic) const;
  bool is_abandoned(const Inbound& message) const;
  MutableBytes buffer_for(Route route);
  Inbound classify(const mqtt::PublishHeader& header);
  template <typename T>
  bool decoded(const Result<T>& result);
  void deliver_offer(const Inbound& message);
  void deliver_chunk(const Inbound& message);
  void deliver_directive(const Inbound& message);
  void deliver_keyset(const Inbound& message);
  void deliver_acknowledgement(const Inbound& message);

  // Outbound
  Topic standing_filter(size_t index) const;
  bool pump_standing();
  void ask_for_directives();
  void pump();
  void pump_parts();
  void pump_reports();
  uint32_t fresh_subscription_id();
  void refused(std::string_view topic, uint8_t reason_code);

  AgentConfig config_;
  AgentMemory memory_;
  AgentPorts ports_;
  AgentObserver* observer_;
  Topics topics_;
  Topic state_topic_;
  Topic health_topic_;
  wire::Encoder encoder_;
  ReconnectPolicy reconnect_;
  mqtt::Session session_;
  WantedFilter offer_;
  WantedFilter group_;
  ReportChannel state_;
  ReportChannel health_;

  Link link_ = Link::kWaiting;
  MonoTime now_;  // of the call in progress: the ports' calls carry no time
  MonoTime next_attempt_ = kNever;
  MonoTime closing_until_ = kNever;
  bool was_online_ = false;
  bool use_ids_ = true;
  bool stopping_ = false;
  bool pumping_ = false;
  bool standing_done_ = false;
  size_t standing_next_ = 0;
  MonoTime directives_at_;  // not asked for again before this
  std::array<uint16_t, kMaxStanding> standing_ids_{};
  uint32_t last_subscription_id_ = 0;
  Inbound inbound_;
  AgentCounters counters_;
  Device device_;
};

}  // namespace flotilla::edge
