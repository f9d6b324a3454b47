#pragma once

#include "controller/app/mailbox.h"

namespace flotilla::controller::app {

/// The HTTP threads' way to the loop and back.
class LoopCaller {
 public:
  LoopCaller(Mailbox& mailbox, int64_t timeout_ms) : mailbox_(mailbox), timeout_ms_(timeout_ms) {}

  /// Blocks until the loop has answered. 503 when the mailbox is full, the loop is being stopped,
  /// or it does not answer in time.
  api::Response call(api::Request request);

 private:
  Mailbox& mailbox_;
  const int64_t timeout_ms_;
};

}  // namespace flotilla::controller::app
