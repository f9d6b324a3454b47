#include "controller/adapters/paho_connection.h"

#include <algorithm>

#include "controller/adapters/broker_failure.h"

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
  close();
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
  tls.set_error_handler([this](const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (tls_errors_.size() < 4096) tls_errors_ += line;
  });
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
    const mqtt::token_ptr token = client_.connect(options);
    if (token->wait_for(timeout + std::chrono::seconds(1))) return {};
    text = "no answer within " + std::to_string(timeout.count()) + " ms";
  } catch (const mqtt::exception& error) {
    reason = static_cast<uint8_t>(error.get_reason_code());
    text = error.get_error_str();
    if (!error.get_message().empty()) text = error.get_message();
  }
  alive_ = false;
  const std::lock_guard lock(mutex_);
  return explain_failure(address_, reason, tls_errors_, text);
}

void PahoConnection::close() {
  alive_ = false;
  try {
    if (client_.is_connected()) client_.disconnect(0)->wait_for(kDisconnectWait);
  } catch (const mqtt::exception&) {
    // it is over either way
  }
  std::unordered_map<uint64_t, Clock::time_point> lost;
  {
    const std::lock_guard lock(mutex_);
    lost.swap(in_flight_);
  }
  for (const auto& [token, since] : lost) report(token, false, "the connection was lost");
  const std::lock_guard gate(gate_);
  open_ = false;
}

Status PahoConnection::publish(std::string_view topic, Bytes payload, bool retain,
                               uint64_t token) {
  if (!alive()) return {Code::kUnavailable, "not connected to the broker"};
  if (!admit(token)) return {Code::kResourceExhausted, "too many publishes are in flight"};
  const uint8_t nothing = 0;
  try {
    client_.publish(std::string(topic), payload.empty() ? &nothing : payload.data(),
                    payload.size(), kQos, retain, context_of(token), *this);
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
  void* const context = token.get_user_context();
  if (context == kNoPublish) {
    if (!accepted) hooks_.log("event=subscription_refused reason=\"" + explain_refusal(code) + "\"");
    return;
  }
  const uint64_t id = reinterpret_cast<uint64_t>(context) - 1;
  if (!discharge(id)) return;
  report(id, accepted, accepted ? "" : explain_refusal(code));
}

bool PahoConnection::admit(uint64_t token) {
  const std::lock_guard lock(mutex_);
  if (in_flight_.size() >= max_in_flight_) return false;
  return in_flight_.emplace(token, Clock::now()).second;
}

/// False when somebody else has settled it.
bool PahoConnection::discharge(uint64_t token) {
  const std::lock_guard lock(mutex_);
  return in_flight_.erase(token) != 0;
}

void PahoConnection::report(uint64_t token, bool ok, std::string reason) {
  const std::lock_guard gate(gate_);
  if (open_) hooks_.events->published(token, ok, std::move(reason));
}

void PahoConnection::end(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (end_reason_.empty()) end_reason_ = reason;
  }
  if (alive_.exchange(false)) hooks_.ended();
}

}  // namespace flotilla::controller
