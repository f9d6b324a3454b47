#include "tests/unit/edge-client/mqtt/conversation.h"

#include <algorithm>

namespace flotilla::mqtt {

Conversation::Conversation(const Options& options) : session_(options, *this) {}

Options Conversation::default_options() {
  Options options;
  options.client_id = "dev-1";
  return options;
}

void Conversation::connect(const std::string& props) {
  session_.start(now_);
  send();
  hear(server::connack(props));
  ASSERT_TRUE(session_.connected());
  said();
  heard();
}

void Conversation::hear(const std::string& bytes) {
  // A copy of exactly that size: reading beyond it is an error that a sanitizer sees.
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  session_.receive(copy, now_);
}

void Conversation::send(size_t step) {
  while (!session_.pending_output().empty()) send_only(step);
}

void Conversation::send_only(size_t count) {
  const Bytes pending = session_.pending_output();
  const size_t taken = std::min(count, pending.size());
  output_ += as_text(pending.first(taken));
  session_.transmit_done(taken, now_);
}

void Conversation::wait(Duration duration) {
  const MonoTime end = now_ + duration;
  while (session_.next_deadline() <= end) {
    now_ = std::max(now_, session_.next_deadline());
    session_.tick(now_);
  }
  now_ = end;
}

Lines Conversation::said() {
  Lines lines = read_client_packets(output_);
  output_.clear();
  return lines;
}

Lines Conversation::heard() {
  Lines lines;
  lines.swap(heard_);
  return lines;
}

void Conversation::on_connected(const ServerLimits& limits) {
  note("connected max_packet=" + std::to_string(limits.maximum_packet_size) +
       " receive_max=" + std::to_string(limits.receive_maximum) + " keep_alive=" +
       std::to_string(limits.keep_alive_s) + (limits.session_present ? " present" : "") +
       (limits.qos1_available ? "" : " no_qos1") + (limits.retain_available ? "" : " no_retain") +
       (limits.wildcard_available ? "" : " no_wildcard") +
       (limits.subscription_ids_available ? "" : " no_sub_ids"));
}

MutableBytes Conversation::on_publish_begin(const PublishHeader& header) {
  note("publish " + std::string(header.topic) + " size=" + std::to_string(header.payload_size) +
       " qos=" + std::to_string(static_cast<int>(header.qos)) +
       (header.subscription_id ? " sub_id=" + std::to_string(header.subscription_id) : "") +
       (header.retain ? " retain" : "") + (header.duplicate ? " dup" : ""));
  dropping_ = header.topic.substr(0, 4) == "drop";
  if (dropping_) return {};
  payload_size_ = header.payload_size;
  payload_ = std::make_unique<uint8_t[]>(payload_size_);
  return {payload_.get(), payload_size_};
}

void Conversation::on_publish_end() {
  const std::string text = dropping_ ? "" : std::string(as_text({payload_.get(), payload_size_}));
  payload_.reset();
  note(dropping_ ? "dropped" : "payload " + text);
}

void Conversation::on_subscribed(uint16_t packet_id, uint8_t reason_code) {
  note("subscribed " + std::to_string(packet_id) + " " + std::to_string(reason_code));
}

void Conversation::on_unsubscribed(uint16_t packet_id, uint8_t reason_code) {
  note("unsubscribed " + std::to_string(packet_id) + " " + std::to_string(reason_code));
}

void Conversation::on_published(uint16_t packet_id, uint8_t reason_code) {
  note("published " + std::to_string(packet_id) + " " + std::to_string(reason_code));
}

void Conversation::on_closed(uint8_t reason_code, const char*) {
  note(closed(reason_code));
}

void Conversation::note(const std::string& line) {
  heard_.push_back(line);
  if (reaction != nullptr) reaction(*this, line);
}

std::string closed(unsigned reason_code) {
  return "closed " + std::to_string(reason_code);
}

}  // namespace flotilla::mqtt
