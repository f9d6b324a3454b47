#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "edge-client/mqtt/codec/packet_decoder.h"
#include "edge-client/mqtt/codec/packet_framer.h"
#include "edge-client/mqtt/codec/writer.h"
#include "edge-client/mqtt/transmit_queue.h"
#include "edge-client/mqtt/types.h"
#include "schemas/base/bytes.h"
#include "schemas/base/status.h"
#include "schemas/base/time.h"

namespace flotilla::mqtt {

/// Owner of a session: every call happens inside receive(), transmit_done(), tick() or
/// disconnect(). It may call publish, subscribe, unsubscribe, disconnect and reset from these
/// calls, on_closed only reset; it must neither start nor destroy the session there.
class Listener {
 public:
  virtual void on_connected(const ServerLimits& limits) = 0;
  /// Where the payload goes. The span must hold payload_size bytes and stay valid until
  /// on_publish_end or the end of the connection; an empty span (with a non-empty payload) discards
  /// it as it arrives.
  virtual MutableBytes on_publish_begin(const PublishHeader& header) = 0;
  /// The whole payload has arrived (also when it was discarded). With QoS 1 the PUBACK is queued
  /// when this returns. Not called when the connection ends first.
  virtual void on_publish_end() = 0;
  /// `reason_code` below 0x80: granted.
  virtual void on_subscribed(uint16_t packet_id, uint8_t reason_code) = 0;
  virtual void on_unsubscribed(uint16_t packet_id, uint8_t reason_code) = 0;
  /// A publish of ours is done and its payload no longer borrowed. QoS 1: the broker answered;
  /// `reason_code` below 0x80: accepted. QoS 0: `packet_id` is 0, the transport took the last byte;
  /// in the order of publishing.
  virtual void on_published(uint16_t packet_id, uint8_t reason_code) = 0;
  /// The connection is over and the transport must be closed once pending output is gone. Once per
  /// start(). `reason_code` is the MQTT 5 reason that was sent or received (0x81 malformed, 0x82
  /// protocol error, ...); without an exchange 0x88 when CONNACK, 0x8D when PINGRESP did not come
  /// in time. `reason` is a literal.
  virtual void on_closed(uint8_t reason_code, const char* reason) = 0;

 protected:
  ~Listener() = default;
};

/// Everything fixed for the life of a session object. The texts must outlive it.
struct Options {
  std::string_view client_id;     ///< at most Session::kMaxClientId bytes; empty: server's choice
  uint16_t keep_alive_s = 60;     ///< 0 turns keep-alive off
  uint16_t receive_maximum = 16;  ///< unacknowledged QoS 1 publishes from the broker; 1 to 16
  uint32_t maximum_packet_size = 20 * 1024;  ///< of what the broker sends, bytes; not 0
  uint32_t session_expiry_s = 0;
  bool clean_start = true;
  Duration connect_timeout = seconds(10);  ///< from start() to CONNACK
  /// From PINGREQ to PINGRESP, while nothing else arrives and the transport takes nothing.
  Duration ping_timeout = seconds(10);
};

/// MQTT 5 client session (OASIS MQTT 5.0), QoS 0 and 1, sans-I/O: bytes in, bytes out, `now` as an
/// argument. It owns no socket, clock or heap; its buffers hold headers only, payloads go straight
/// to the listener's memory on the way in and are borrowed from the caller on the way out.
/// Strict: whatever the specification calls malformed or a protocol error closes the connection
/// with that reason code (section 4.13).
///
/// Publishes in flight do not survive the connection, also when the broker kept its session: who
/// published repeats what matters. About 1 KB of memory on a 32-bit target; each call costs time
/// proportional to the bytes it is given, at most kTxSize more.
class Session {
 public:
  /// Longest header (topic + properties) accepted.
  static constexpr size_t kRxHeaderSize = PacketFramer::kBufferSize;
  /// Control packets waiting to be sent; some of it is held back for acknowledgements.
  static constexpr size_t kTxSize = TransmitQueue::kBufferSize;
  /// Our own publishes, of either QoS, in flight.
  static constexpr size_t kMaxInFlight = TransmitQueue::kMaxPublications;
  static constexpr size_t kMaxReceiveMaximum = TransmitQueue::kMaxAcks;
  static constexpr size_t kMaxRequests = 8;  ///< subscribe and unsubscribe, not yet answered
  static constexpr size_t kMaxClientId = 256;

  Session(const Options& options, Listener& listener);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A transport connection was opened: forgets everything of the last one and queues CONNECT.
  void start(MonoTime now);
  /// The transport is gone (also after on_closed). Silent: no listener call.
  void reset();

  /// Bytes from the transport. Consumes all of them unless the connection closes. Report with
  /// transmit_done() what the broker may have answered before feeding its answer.
  void receive(Bytes bytes, MonoTime now);

  /// The next bytes to send; empty when there are none. Valid until the next call of any method.
  Bytes pending_output() const;
  /// The transport took the first `count` bytes of pending_output().
  void transmit_done(size_t count, MonoTime now);

  /// Payload is borrowed until on_published, or until the session is closed, reset or started.
  /// Returns the packet id; 0 for QoS 0. kResourceExhausted: try again when output has drained or a
  /// publish of ours was acknowledged. kUnavailable: not connected. kOutOfRange: never fits.
  Result<uint16_t> publish(std::string_view topic, Bytes payload, QoS qos, MonoTime now);
  /// One filter at QoS 1, retained messages sent always and marked as such (Retain Handling 0,
  /// Retain As Published 1). `subscription_id` 0 sends none. Returns the packet id; errors as for
  /// publish, and kFailedPrecondition for what ServerLimits rules out.
  Result<uint16_t> subscribe(std::string_view filter, uint32_t subscription_id, MonoTime now);
  Result<uint16_t> unsubscribe(std::string_view filter, MonoTime now);
  /// Queues DISCONNECT with `reason_code`; the listener hears on_closed. Publishes that the
  /// transport has not taken are dropped; with one of them taken in part nothing more is sent.
  void disconnect(uint8_t reason_code, MonoTime now);

  /// Keep-alive and timeouts; call at or after next_deadline(). PINGREQ goes out after three
  /// quarters of the keep-alive without other output, so that a late call still keeps the promise.
  void tick(MonoTime now);
  MonoTime next_deadline() const;

  bool connected() const { return state_ == State::kConnected; }

 private:
  enum class State : uint8_t { kIdle, kConnecting, kConnected, kClosed };

  struct Request {
    uint16_t packet_id = 0;  ///< 0: free
    PacketType answer = PacketType::kReserved;
  };

  void enter(State state) { state_ = state; }
  bool is_open() const { return state_ == State::kConnecting || state_ == State::kConnected; }

  /// Ends the connection: with DISCONNECT, or without another byte.
  void close(Reason reason, const char* text);
  void close(const Fault& fault) { close(fault.reason, fault.text.get()); }
  void abandon(uint8_t reason_code, const char* text);

  void on_packet();
  void on_connack();
  Verdict check_connack(const ConnAck& connack) const;
  void accept(const ConnAck& connack);
  void on_ack();
  void on_pingresp();
  void on_disconnect();

  void begin_publish();
  void take_payload(Bytes& bytes);
  void end_publish();

  /// Whether `packet`, just written, may be sent; `payload_size` bytes follow it.
  Status check_packet(const Writer& packet, size_t payload_size) const;
  Status check_publish(std::string_view topic, size_t payload_size, QoS qos) const;
  Status check_subscribe(std::string_view filter, uint32_t subscription_id) const;
  Status check_filter(std::string_view filter) const;
  Request* find_request(uint16_t packet_id);
  uint16_t next_packet_id();
  Result<uint16_t> commit_request(const Writer& packet, Request request);
  MonoTime keep_alive_deadline() const;

  // Small members first: short offsets make short instructions.
  State state_ = State::kIdle;
  bool ping_pending_ = false;
  uint16_t ping_mark_ = 0;  // end of PINGREQ in output_
  uint16_t last_packet_id_ = 0;
  uint16_t publish_id_ = 0;    // of the incoming publish; 0: QoS 0
  uint32_t payload_left_ = 0;  // bytes of the incoming payload still to come
  MutableBytes payload_;       // the listener's, what is left of it; empty while discarding
  Listener& listener_;
  MonoTime last_sent_;
  MonoTime reply_deadline_;  // of CONNACK or, with ping_pending_, of PINGRESP
  ServerLimits limits_;
  const Options options_;
  std::array<Request, kMaxRequests> requests_;
  TransmitQueue output_;
  PacketFramer framer_;
};

}  // namespace flotilla::mqtt
