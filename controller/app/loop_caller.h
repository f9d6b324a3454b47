#pragma once

#include "controller/app/mailbox.h"

namespace flotilla::controller::app {

/// The HTTP threads' way to the loop and back.
class LoopCaller {
 public:
  static constexpr int64_t kAskAgainMs = 20;
  static constexpr int64_t kPatienceMs = 2000;

  LoopCaller(Mailbox& mailbox, int64_t timeout_ms) : mailbox_(mailbox), timeout_ms_(timeout_ms) {}

  /// Blocks until the loop has answered. 503 when the mailbox is full, the loop is being stopped,
  /// or it does not answer in time. What is soon done is asked for again for a while.
  api::Response call(const api::Request& request);

 private:
  api::Response call_once(api::Request request);

  Mailbox& mailbox_;
  const int64_t timeout_ms_;
};

}  // namespace flotilla::controller::app
