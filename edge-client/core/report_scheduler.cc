#include "edge-client/core/report_scheduler.h"

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

void ReportScheduler::attempted(bool accepted, Duration retry_min, Duration retry_max, Prng& random,
                                MonoTime now) {
  const bool first = !accepted || pause_ < retry_min;
  pause_ = first ? retry_min : milliseconds(pause_.ms * 2);
  if (pause_ > retry_max) pause_ = retry_max;
  const int64_t spread = random.below(static_cast<uint32_t>(pause_.ms / 2));
  due_at_ = now + milliseconds(pause_.ms - pause_.ms / 4 + spread);
}

void ReportScheduler::on_acknowledged(const ReportOrder& order) {
  if (order.incarnation == order_.incarnation && order >= order_) acknowledged_ = true;
}

}  // namespace flotilla::edge
