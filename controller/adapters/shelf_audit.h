#pragma once

#include <functional>
#include <string>

#include "controller/ports/transport.h"
#include "schemas/base/time.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller {

/// Asks the broker what it holds under one filter, as a device would: subscribe, take the retained
/// messages, unsubscribe. A broker never says "that was all", so an audit ends when everything
/// expected has arrived, or when nothing came for a quiet period. Too short a period makes the
/// caller publish once more what was only late: wasteful, never wrong; callers double it from round
/// to round. (A marker message sent after the subscription would need an order between retained and
/// live messages, which MQTT 5 does not promise: section 4.6 orders one topic only.)
class ShelfAudit {
 public:
  using Visit = std::function<void(const ParsedTopic& topic, Bytes payload)>;

  /// `auditor` is a connection of its own: its retained messages mix with nothing else.
  ShelfAudit(const Topics& topics, Transport& auditor) : topics_(topics), auditor_(auditor) {}

  bool running() const { return !filter_.empty(); }
  /// At most one at a time. `visit` sees each retained message with a topic of ours, also late ones
  /// of an earlier filter.
  Status begin(std::string_view filter, size_t expected, Duration quiet, MonoTime now, Visit visit);
  void on_message(std::string_view topic, std::string_view payload, bool retained);
  /// True once, when the audit is over.
  bool finished(MonoTime now);
  /// Forgets the audit; the broker is gone or the job changed its mind.
  void abandon();
  MonoTime deadline() const { return running() ? deadline_ : kNever; }

 private:
  const Topics& topics_;
  Transport& auditor_;
  std::string filter_;
  Visit visit_;
  size_t expected_ = 0;
  Duration quiet_;
  MonoTime deadline_ = kNever;
  bool arrived_ = false;  ///< something came since finished() was last asked
};

}  // namespace flotilla::controller
