#include "edge-client/agent/agent.h"

#include <algorithm>

#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

/// What is left of the output may still go out for this long after the session closed.
constexpr Duration kFlushLimit = seconds(2);

Topic offer_topic(const Topics& topics, std::string_view hardware_class, const TransferPart& part) {
  return topics.offer(hardware_class, part.transfer);
}

Topic group_topic(const Topics& topics, std::string_view hardware_class, const TransferPart& part) {
  return topics.group(hardware_class, part.transfer, part.group);
}

}  // namespace

Agent::Agent(const AgentConfig& config, const AgentPorts& ports, const AgentMemory& memory,
             AgentObserver* observer, uint64_t seed)
    : config_(config),
      memory_(memory),
      ports_(ports),
      observer_(observer),
      topics_(config_.topic_prefix.view()),
      encoder_(memory.arena),
      reconnect_(config.reconnect, Prng(seed).split("reconnect")),
      session_(session_options(), *this),
      offer_(offer_topic, topics_, config_.device.hardware_class.view()),
      group_(group_topic, topics_, config_.device.hardware_class.view()),
      state_(memory.state, memory.state_behind),
      health_(memory.health, {}),
      device_(config_.device,
              DevicePorts{ports.crypto, ports.storage, ports.journal, ports.runtime, *this},
              memory.chunk, memory.decoder, Prng(seed).split("device").next()) {
  const std::string_view device = config_.device.device.view();
  const uint16_t shard = device_shard(ports_.crypto, device);
  state_topic_ = topics_.state(shard, device);
  health_topic_ = topics_.health(shard, device);
}

mqtt::Options Agent::session_options() const {
  mqtt::Options options;
  options.client_id = config_.device.device.view();
  options.keep_alive_s = config_.keep_alive_s;
  options.receive_maximum = kGroupSize;
  const size_t payload = std::max(memory_.chunk.size(), memory_.message.size());
  options.maximum_packet_size = static_cast<uint32_t>(payload + mqtt::Session::kRxHeaderSize);
  options.session_expiry_s = 0;
  options.clean_start = true;
  options.connect_timeout = config_.connect_timeout;
  return options;
}

Status Agent::start(const Signed<Keyset>& provisioned, MonoTime now) {
  now_ = now;
  next_attempt_ = reconnect_.at_start(now);
  return device_.start(provisioned, now);
}

void Agent::stop(MonoTime now) {
  now_ = now;
  stopping_ = true;
  if (session_open()) {
    session_.disconnect(0, now);
  } else if (link_ == Link::kWaiting) {
    enter(Link::kStopped);
  }
}

void Agent::opened(MonoTime now) {
  now_ = now;
  enter(Link::kGreeting);
  session_.start(now);
}

void Agent::closed(MonoTime now) {
  now_ = now;
  if (session_open()) on_closed(0, "the connection was lost");
  session_.reset();
  if (stopping_) {
    enter(Link::kStopped);
    return;
  }
  const Duration announced = seconds(device_.reconnect_window_s());
  next_attempt_ =
      was_online_ ? reconnect_.after_loss(now, announced) : reconnect_.after_failure(now);
  was_online_ = false;
  enter(Link::kWaiting);
}

bool Agent::should_close(MonoTime now) const {
  if (stopping_ && link_ == Link::kOpening) return true;
  return link_ == Link::kClosing && (session_.pending_output().empty() || now >= closing_until_);
}

void Agent::on_connected(const mqtt::ServerLimits& limits) {
  use_ids_ = limits.subscription_ids_available;
  was_online_ = true;
  standing_next_ = 0;
  standing_done_ = false;
  directives_at_ = now_;
  reconnect_.connected(now_);
  enter(Link::kOnline);
  if (observer_ != nullptr) observer_->on_online();
}

void Agent::on_closed(uint8_t reason_code, const char* reason) {
  const bool was_announced = announced();
  enter(Link::kClosing);
  closing_until_ = now_ + kFlushLimit;
  forget_connection();
  if (was_announced) device_.on_disconnected(now_);
  if (observer_ != nullptr) observer_->on_offline(reason_code, reason);
}

void Agent::forget_connection() {
  offer_.forget();
  group_.forget();
  state_.forget();
  health_.forget();
  standing_ids_.fill(0);
  inbound_ = {};
}

void Agent::receive(Bytes bytes, MonoTime now) {
  now_ = now;
  if (!session_open()) return;
  session_.receive(bytes, now);
  pump();
}

Bytes Agent::pending_output() const {
  return session_.pending_output();
}

void Agent::transmit_done(size_t count, MonoTime now) {
  now_ = now;
  session_.transmit_done(count, now);
  pump();
}

void Agent::on_self_test(uint8_t model, SelfTestOutcome outcome, std::string_view output,
                         MonoTime now) {
  now_ = now;
  device_.on_self_test(model, outcome, output, now);
  pump();
}

void Agent::check_report_timeout() {
  for (const ReportChannel* channel : {&state_, &health_}) {
    const MonoTime since = channel->in_flight_since();
    if (since == kNever || now_ - since < config_.report_timeout || !session_open()) continue;
    session_.disconnect(0x80, now_);  // 0x80: unspecified error
  }
}

void Agent::tick(MonoTime now) {
  now_ = now;
  if (session_open()) {
    session_.tick(now);
    check_report_timeout();
  }
  if (now >= device_.next_deadline()) device_.tick(now);
  pump();
}

MonoTime Agent::next_deadline() const {
  MonoTime next = device_.next_deadline();
  if (link_ == Link::kWaiting) next = std::min(next, next_attempt_);
  if (link_ == Link::kClosing) next = std::min(next, closing_until_);
  if (!session_open()) return next;
  next = std::min(next, session_.next_deadline());
  if (announced() && device_.directive_missing()) next = std::min(next, directives_at_);
  for (const ReportChannel* channel : {&state_, &health_}) {
    const MonoTime since = channel->in_flight_since();
    if (since != kNever) next = std::min(next, since + config_.report_timeout);
  }
  return next;
}

bool Agent::has_work() const {
  return device_.has_work();
}

void Agent::work(MonoTime now) {
  now_ = now;
  device_.work(now);
  pump();
}

}  // namespace flotilla::edge
