#include "edge-client/core/report_scheduler.h"

#include <algorithm>

namespace flotilla::edge {

void ReportScheduler::start(const ReportOrder& identity, MonoTime now) {
  order_ = identity;
  order_.seq = 0;
  changed(now);
}

const ReportOrder& ReportScheduler::changed(MonoTime now) {
  ++order_.seq;
  acknowledged_ = false;
  due_at_ = now;
  pause_ = {};
  return order_;
}

void ReportScheduler::attempted(bool accepted, const DeviceConfig& config, Prng& random,
                                MonoTime now) {
  const bool first = !accepted || pause_ < config.report_retry_min;
  pause_ = first ? config.report_retry_min : milliseconds(pause_.ms * 2);
  pause_ = std::min(pause_, config.report_retry_max);
  const uint32_t pause_ms = static_cast<uint32_t>(pause_.ms);
  due_at_ = now + milliseconds(pause_ms - pause_ms / 4 + random.below(pause_ms / 2));
}

void ReportScheduler::on_acknowledged(const ReportOrder& order) {
  if (order.incarnation == order_.incarnation && order >= order_) acknowledged_ = true;
}

}  // namespace flotilla::edge
