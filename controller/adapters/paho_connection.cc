#include "controller/adapters/paho_connection.h"

#include <algorithm>

#include "controller/adapters/broker_failure.h"
#include "controller/adapters/tls_probe.h"

namespace flotilla::controller {
namespace {

constexpr int kQos = 1;
constexpr uint8_t kFirstErrorCode = 0x80;  // MQTT 5 section 2.4
constexpr std::chrono::seconds kDisconnectWait{2};
/// User context of calls that are no publish.
void* const kNoPublish = nullptr;

mqtt::create_options client_options() {
  mqtt::create_options options(MQTTVERSION_5);
  options.set_send_while_disconnected(false);
  return options;
}

/// Tokens travel through Paho as the context pointer, which is never followed; + 1 keeps token 0
/// apart from kNoPublish.
static_assert(sizeof(void*) >= sizeof(uint64_t));
void* context_of(uint64_t token) {
  return reinterpret_cast<void*>(token + 1);
}

uint8_t code_of(const mqtt::token& token) {
  return static_cast<uint8_t>(token.get_reason_code());
}

Status refused(const mqtt::exception& error) {
  if (error.get_return_code() == MQTTASYNC_MAX_BUFFERED_MESSAGES) {
    return {Code::kResourceExhausted, "the client's buffer is full"};
  }
  return {Code::kUnavailable, "not connected to the broker"};
}

}  // namespace

PahoConnection::PahoConnection(const BrokerAddress& address, size_t max_in_flight, Hooks hooks)
    : address_(address),
      max_in_flight_(max_in_flight),
      hooks_(std::move(hooks)),
      client_(address.uri(), address.client_id, client_options()) {
  arm_callbacks();
}

PahoConnection::~PahoConnection() {
  disconnect();
  const std::lock_guard gate(gate_);
  open_ = false;
}

void PahoConnection::arm_callbacks() {
  client_.set_message_callback([this](mqtt::const_message_ptr message) {
    const std::lock_guard gate(gate_);
    if (!open_ || !message) return;
    hooks_.events->message(message->get_topic(), message->get_payload_str(),
                           message->is_retained());
  });
  client_.set_connection_lost_handler([this](const std::string& cause) {
    end("the connection to the broker at " + address_.name() + " was lost" +
        (cause.empty() ? "" : ": " + cause));
  });
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
    end(explain_failure(address_, static_cast<uint8_t>(code), {}, "it closed the connection"));
  });
}

void PahoConnection::configure(mqtt::connect_options& options, std::chrono::seconds keep_alive) {
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  options.set_keep_alive_interval(static_cast<int>(keep_alive.count()));
  if (!address_.username.empty()) options.set_user_name(address_.username);
  if (!address_.password.empty()) options.set_password(address_.password);
  if (!address_.tls) return;
  mqtt::ssl_options tls;
  tls.set_trust_store(address_.ca_file);
  if (!address_.certificate_file.empty()) tls.set_key_store(address_.certificate_file);
  if (!address_.key_file.empty()) tls.set_private_key(address_.key_file);
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);
  // 1.3 would report a refused client certificate only after the handshake, as a lost connection.
  tls.set_ssl_version(MQTT_SSL_VERSION_TLS_1_2);
  options.set_ssl(std::move(tls));
}

std::string PahoConnection::connect(std::chrono::milliseconds timeout,
                                    std::chrono::seconds keep_alive) {
  // A named object that is never copied or moved: the library's copy of options that carry MQTT 5
  // properties leaves a dangling pointer.
  mqtt::connect_options options;
  configure(options, keep_alive);
  options.set_connect_timeout(timeout);
  uint8_t reason = 0;
  std::string text;
  alive_ = true;  // before the session exists, so that its end is never overwritten
  try {
    connecting_ = client_.connect(options);
    if (connecting_->wait_for(timeout + std::chrono::seconds(1))) return {};
    text = "no answer within " + std::to_string(timeout.count()) + " ms";
  } catch (const mqtt::exception& error) {
    reason = static_cast<uint8_t>(error.get_reason_code());
    text = error.get_error_str();
    if (!error.get_message().empty()) text = error.get_message();
  }
  alive_ = false;
  const std::string tls = address_.tls && reason == 0 ? probe_tls(address_) : std::string();
  return explain_failure(address_, reason, tls, text);
}

void PahoConnection::disconnect() {
  alive_ = false;
  try {
    if (leaving_ || !client_.is_connected()) return;
    leaving_ = client_.disconnect(0);
    leaving_->wait_for(kDisconnectWait);
  } catch (const mqtt::exception&) {
    // it is over either way
  }
}

void PahoConnection::close(const std::string& reason) {
  disconnect();
  const std::lock_guard gate(gate_);
  std::unordered_map<uint64_t, Clock::time_point> unanswered;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    unanswered.swap(in_flight_);
  }
  hooks_.events->lost(reason);
  for (const auto& [token, since] : unanswered) {
    hooks_.events->published(token, false, "the connection was lost");
  }
  open_ = false;
}

Status PahoConnection::publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) {
  if (!alive()) return {Code::kUnavailable, "not connected to the broker"};
  FLOTILLA_TRY(admit(token));
  const uint8_t nothing = 0;
  try {
    client_.publish(std::string(topic), payload.empty() ? &nothing : payload.data(), payload.size(),
                    kQos, retain, context_of(token), *this);
  } catch (const mqtt::exception& error) {
    // Already reported as lost by close(): then it counts as accepted.
    if (discharge(token)) return refused(error);
  }
  return ok_status();
}

Status PahoConnection::subscribe(std::string_view filter) {
  if (!alive()) return {Code::kUnavailable, "not connected to the broker"};
  try {
    client_.subscribe(std::string(filter), kQos, kNoPublish, *this);
  } catch (const mqtt::exception& error) {
    return refused(error);
  }
  return ok_status();
}

Status PahoConnection::unsubscribe(std::string_view filter) {
  if (!alive()) return {Code::kUnavailable, "not connected to the broker"};
  try {
    client_.unsubscribe(std::string(filter), kNoPublish, *this);
  } catch (const mqtt::exception& error) {
    return refused(error);
  }
  return ok_status();
}

std::chrono::milliseconds PahoConnection::oldest_in_flight() const {
  const std::lock_guard lock(mutex_);
  auto oldest = Clock::now();
  for (const auto& [token, since] : in_flight_) oldest = std::min(oldest, since);
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - oldest);
}

std::string PahoConnection::end_reason() const {
  const std::lock_guard lock(mutex_);
  return end_reason_;
}

void PahoConnection::settle(const mqtt::token& token, bool ok) {
  const uint8_t code = code_of(token);
  const bool accepted = ok && code < kFirstErrorCode;
  // A failure without the broker's word is the session's: close() reports it after `lost`.
  if (!ok && code < kFirstErrorCode) return;
  void* const context = token.get_user_context();
  const uint64_t id = reinterpret_cast<uint64_t>(context) - 1;
  const std::lock_guard gate(gate_);
  if (!open_) return;
  if (context == kNoPublish) {
    if (!accepted)
      hooks_.log("event=subscription_refused reason=\"" + explain_refusal(code) + "\"");
  } else if (discharge(id)) {
    hooks_.events->published(id, accepted, accepted ? "" : explain_refusal(code));
  }
}

Status PahoConnection::admit(uint64_t token) {
  const std::lock_guard lock(mutex_);
  if (closed_) return {Code::kUnavailable, "not connected to the broker"};
  if (in_flight_.size() >= max_in_flight_) {
    return {Code::kResourceExhausted, "too many publishes are in flight"};
  }
  if (in_flight_.emplace(token, Clock::now()).second) return ok_status();
  return {Code::kAlreadyExists, "a publish with this token is in flight"};
}

/// False when somebody else has settled it.
bool PahoConnection::discharge(uint64_t token) {
  const std::lock_guard lock(mutex_);
  return in_flight_.erase(token) != 0;
}

void PahoConnection::end(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (end_reason_.empty()) end_reason_ = reason;
  }
  if (!alive_.exchange(false)) return;
  const std::lock_guard gate(gate_);
  if (open_) hooks_.ended();
}

}  // namespace flotilla::controller
