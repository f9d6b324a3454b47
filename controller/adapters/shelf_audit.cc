#include "controller/adapters/shelf_audit.h"

#include <utility>

#include "schemas/base/assert.h"

namespace flotilla::controller {

Status ShelfAudit::begin(std::string_view filter, size_t expected, Duration quiet, MonoTime now,
                         Visit visit) {
  FLOTILLA_ASSERT(!running());
  FLOTILLA_TRY(auditor_.subscribe(filter));
  filter_ = filter;
  visit_ = std::move(visit);
  expected_ = expected;
  quiet_ = quiet;
  deadline_ = now + quiet;
  arrived_ = false;
  return ok_status();
}

void ShelfAudit::on_message(std::string_view topic, std::string_view payload, bool retained) {
  if (!running() || !retained || payload.empty()) return;
  const ParsedTopic parsed = parse_topic(topics_, topic);
  if (parsed.kind != TopicKind::kChunk && parsed.kind != TopicKind::kOffer) return;
  arrived_ = true;
  if (expected_ > 0) --expected_;
  visit_(parsed, as_bytes(payload));
}

bool ShelfAudit::finished(MonoTime now) {
  if (!running()) return false;
  if (std::exchange(arrived_, false)) deadline_ = now + quiet_;
  if (expected_ > 0 && now < deadline_) return false;
  abandon();
  return true;
}

void ShelfAudit::abandon() {
  if (!running()) return;
  static_cast<void>(auditor_.unsubscribe(filter_));  // fails only when the session is gone
  filter_.clear();
  visit_ = nullptr;
}

}  // namespace flotilla::controller
