#pragma once

#include "edge-client/core/device_config.h"
#include "schemas/base/prng.h"
#include "schemas/base/time.h"
#include "schemas/protocol/messages.h"

namespace flotilla::edge {

/// When the state report goes out: at once when its content changes, then with growing pauses until
/// an acknowledgement covers it. The sequence number is not stored; the boot count that precedes it
/// in the order is.
class ReportScheduler {
 public:
  void start(const ReportOrder& identity, MonoTime now);

  const ReportOrder& order() const { return order_; }
  bool acknowledged() const { return acknowledged_; }

  /// The content is a new one. Returns the order under which it will be reported.
  const ReportOrder& changed(MonoTime now);
  /// Numbers in the content moved, which is no reason to report, but the next report is a new one.
  void renew() { ++order_.seq; }
  /// An attempt to send; the next one is due after config.report_retry_min, doubled each time up to
  /// report_retry_max, plus or minus a quarter. Not `accepted`: after report_retry_min.
  void attempted(bool accepted, const DeviceConfig& config, Prng& random, MonoTime now);
  void on_acknowledged(const ReportOrder& order);

  /// kNever once acknowledged.
  MonoTime due_at() const { return acknowledged_ ? kNever : due_at_; }

 private:
  ReportOrder order_;
  MonoTime due_at_;
  Duration pause_;
  bool acknowledged_ = true;
};

}  // namespace flotilla::edge
