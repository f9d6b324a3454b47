#include "edge-client/agent/report_channel.h"

namespace flotilla::edge {

MutableBytes ReportChannel::begin() {
  waiting_size_ = 0;
  waiting_buffer_ = free_buffer();
  return buffers_[waiting_buffer_];
}

Status ReportChannel::pump(mqtt::Session& session, std::string_view topic, MonoTime now) {
  if (waiting_size_ == 0 || in_flight_id_ != 0) return ok_status();
  const Bytes payload = buffers_[waiting_buffer_].first(waiting_size_);
  const Result<uint16_t> sent = session.publish(topic, payload, mqtt::QoS::kAtLeastOnce, now);
  if (sent.status().code() == Code::kResourceExhausted) return sent.status();
  waiting_size_ = 0;
  FLOTILLA_TRY(sent.status());
  in_flight_buffer_ = waiting_buffer_;
  in_flight_id_ = sent.value();
  in_flight_since_ = now;
  return ok_status();
}

bool ReportChannel::on_published(uint16_t packet_id) {
  if (in_flight_id_ == 0 || packet_id != in_flight_id_) return false;
  in_flight_id_ = 0;
  in_flight_since_ = kNever;
  return true;
}

void ReportChannel::forget() {
  waiting_size_ = 0;
  in_flight_id_ = 0;
  in_flight_since_ = kNever;
}

}  // namespace flotilla::edge
