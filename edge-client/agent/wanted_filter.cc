#include "edge-client/agent/wanted_filter.h"

namespace flotilla::edge {

void WantedFilter::ask(const TransferPart& part, uint32_t fresh_id) {
  if (!wants(part)) {
    id_ = fresh_id;
    packet_id_ = 0;
  }
  wanted_ = part;
  ask_ = true;
}

void WantedFilter::release(const TransferPart& part) {
  if (!wants(part)) return;
  wanted_.reset();
  packet_id_ = 0;
  ask_ = false;
}

void WantedFilter::forget() {
  wanted_.reset();
  subscribed_.reset();
  packet_id_ = 0;
  ask_ = false;
}

/// False when there is no room. A refusal is as good as success: the identifier filters.
bool WantedFilter::drop_old(mqtt::Session& session, MonoTime now) {
  if (!subscribed_.has_value() || subscribed_ == wanted_) return true;
  const Topic old = build_(topics_, hardware_class_, *subscribed_);
  const Status status = session.unsubscribe(old.view(), now).status();
  if (status.code() == Code::kResourceExhausted) return false;
  subscribed_.reset();
  return true;
}

Status WantedFilter::pump(mqtt::Session& session, bool use_id, MonoTime now) {
  if (!drop_old(session, now)) return {Code::kResourceExhausted, "no room to unsubscribe"};
  if (!ask_) return ok_status();
  const Topic filter = topic();
  const Result<uint16_t> sent = session.subscribe(filter.view(), use_id ? id_ : 0, now);
  if (sent.status().code() == Code::kResourceExhausted) return sent.status();
  ask_ = false;
  FLOTILLA_TRY(sent.status());
  packet_id_ = sent.value();
  subscribed_ = wanted_;
  return ok_status();
}

}  // namespace flotilla::edge
